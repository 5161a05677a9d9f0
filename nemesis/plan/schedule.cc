// How a schedule is drawn
//
// When: the gaps between injections are uniform between a half and one and a half of the interval. Exponential gaps, as
// of independent arrivals, would leave some one-minute runs with hardly a fault; the run should be exercised whatever
// the seed. The first gap is drawn around the interval or a tenth of the duration, whichever is shorter. When `at_once`
// faults are active, the next one waits until one of them is healed and a tenth of an interval has passed, so that a
// healed cluster also breathes.
//
// What: from shuffle bags. Every entry of the plan's list comes round once before any of them repeats, and within an
// entry so does each of its targets or kinds; two bags in a row do not meet with the same one. Independent draws would
// now and then leave out a kind for a whole run. An entry listed twice comes twice as often.
//
//   faults [partition [halves, bridge], kill [leader]], interval 10s, lasting 5s, duration 60s may become
//     7.1s kill leader, 15.4s partition bridge, 27.0s partition halves, 35.9s kill leader, ...
//
// A kill that repeats becomes as many kills, one after the other, within the time that one would have lasted. They
// share one draw, so that they strike the same node as long as all run, and take the place of one fault.
//
// A fault that waits for an event takes the place from which on it waits up to the end of its lasting, if the event
// comes last; where it comes sooner, or never, the rest of that time is quiet, so that the schedule does not depend on
// the run.
//
// The last faults are shortened so that they heal in time; what could not last its least time is not injected.

#include "nemesis/plan/schedule.h"

#include <algorithm>
#include <cassert>

#include "nemesis/plan/clock_draw.h"
#include "nemesis/plan/draw.h"

namespace ordeal::nemesis {
namespace {

using std::chrono::nanoseconds;

// Draws the numbers below `size`, each once before one repeats.
class Bag {
 public:
  explicit Bag(std::size_t size) : size_(size) { assert(size > 0); }

  std::size_t next(Draw& draw) {
    if (left_.empty()) refill(draw);
    last_ = left_.back();
    left_.pop_back();
    return last_;
  }

 private:
  void refill(Draw& draw) {
    for (std::size_t i = 0; i < size_; ++i) left_.push_back(i);
    draw.shuffle(left_);
    if (size_ > 1 && left_.back() == last_) std::swap(left_.back(), left_.front());
  }

  std::size_t size_;
  std::size_t last_ = static_cast<std::size_t>(-1);
  std::vector<std::size_t> left_;
};

// What one entry of the plan's list chooses from, and its choice number `which`.
std::size_t choices(const KillSpec& spec) {
  return spec.targets.size();
}
std::size_t choices(const StopSpec& spec) {
  return spec.targets.size();
}
std::size_t choices(const PauseSpec& spec) {
  return spec.targets.size();
}
// The kind `graph` is as many choices as there are graphs.
std::vector<Partition> partitions_of(const PartitionSpec& spec) {
  std::vector<Partition> partitions;
  for (const PartitionKind kind : spec.kinds) {
    if (kind != PartitionKind::graph || spec.graphs.empty()) {
      partitions.push_back({kind, spec.scope});
      continue;
    }
    for (const std::uint64_t graph : spec.graphs) partitions.push_back({kind, spec.scope, graph});
  }
  return partitions;
}

std::size_t choices(const PartitionSpec& spec) {
  return partitions_of(spec).size();
}
std::size_t choices(const TransferSpec&) {
  return 1;
}
std::size_t choices(const MembershipSpec& spec) {
  return spec.kinds.size();
}
std::size_t choices(const PacketsSpec& spec) {
  return spec.kinds.size() * spec.links.size();
}

Fault choice(const KillSpec& spec, std::size_t which) {
  return Kill{spec.targets[which]};
}
Fault choice(const StopSpec& spec, std::size_t which) {
  return Stop{spec.targets[which]};
}
Fault choice(const PauseSpec& spec, std::size_t which) {
  return Pause{spec.targets[which]};
}
Fault choice(const PartitionSpec& spec, std::size_t which) {
  return partitions_of(spec)[which];
}
Fault choice(const TransferSpec&, std::size_t) {
  return Transfer{};
}
Fault choice(const MembershipSpec& spec, std::size_t which) {
  return Membership{spec.kinds[which], spec.least_voters};
}
Fault choice(const PacketsSpec& spec, std::size_t which) {
  const PacketKind kind = spec.kinds[which / spec.links.size()];
  return Packets{kind, spec.links[which % spec.links.size()], spec.scope, spec.settings};
}

std::size_t choices(const PowerFailureSpec& spec) {
  return spec.targets.size();
}
std::size_t choices(const IoErrorSpec& spec) {
  return spec.targets.size() * spec.calls.size() * spec.errors.size();
}
std::size_t choices(const SlowDiskSpec& spec) {
  return spec.targets.size();
}
std::size_t choices(const DiskFullSpec& spec) {
  return spec.targets.size();
}

std::size_t choices(const CorruptFileSpec& spec) {
  return spec.targets.size() * spec.kinds.size();
}

Fault choice(const PowerFailureSpec& spec, std::size_t which) {
  return PowerFailure{spec.targets[which], spec.torn};
}
Fault choice(const IoErrorSpec& spec, std::size_t which) {
  const std::size_t pair = which / spec.targets.size();
  return IoError{spec.targets[which % spec.targets.size()], spec.calls[pair % spec.calls.size()],
                 spec.errors[pair / spec.calls.size()]};
}
Fault choice(const SlowDiskSpec& spec, std::size_t which) {
  return SlowDisk{spec.targets[which], spec.delay.least};  // the delay is drawn afterwards
}
Fault choice(const DiskFullSpec& spec, std::size_t which) {
  return DiskFull{spec.targets[which]};
}
std::size_t choices(const ClockSpec& spec) {
  return clock_choices(spec);
}
Fault choice(const ClockSpec& spec, std::size_t which) {
  return clock_choice(spec, which);  // how much is drawn afterwards
}

Fault choice(const CorruptFileSpec& spec, std::size_t which) {
  return CorruptFile{spec.targets[which % spec.targets.size()], spec.kinds[which / spec.targets.size()],
                     spec.beyond_minority};
}

std::size_t choices(const CrashLoopSpec& spec) {
  return spec.targets.size();
}
Fault choice(const CrashLoopSpec& spec, std::size_t which) {
  return CrashLoop{spec.targets[which], spec.least_times, spec.alive, spec.down};  // how often is drawn afterwards
}

std::size_t choices(const StarveSpec& spec) {
  return spec.targets.size();
}
Fault choice(const StarveSpec& spec, std::size_t which) {
  return Starve{spec.targets[which], spec.share_percent, spec.period.least};  // the period is drawn afterwards
}

std::size_t choices(const UpgradeSpec& spec) {
  return spec.targets.size();
}
Fault choice(const UpgradeSpec& spec, std::size_t which) {
  return Upgrade{spec.targets[which], spec.keep};
}

std::size_t choices(const FaultSpec& spec) {
  return std::visit([](const auto& what) { return choices(what); }, spec.what);
}
Fault choice(const FaultSpec& spec, std::size_t which) {
  return std::visit([which](const auto& what) { return choice(what, which); }, spec.what);
}

// The two levels of bags.
class Faults {
 public:
  explicit Faults(const std::vector<FaultSpec>& specs) : specs_(specs), bag_(specs.size()) {
    for (const FaultSpec& spec : specs) bags_.emplace_back(choices(spec));
  }

  std::pair<const FaultSpec*, Fault> next(Draw& draw) {
    const std::size_t entry = bag_.next(draw);
    return {&specs_[entry], choice(specs_[entry], bags_[entry].next(draw))};
  }

 private:
  const std::vector<FaultSpec>& specs_;
  Bag bag_;
  std::vector<Bag> bags_;
};

// The times at which the active faults heal.
class Active {
 public:
  // The earliest time, not before `at`, at which fewer than `at_once` faults are active.
  nanoseconds free_at(nanoseconds at, int at_once, nanoseconds breath) {
    std::erase_if(heals_, [&](nanoseconds heal) { return heal + breath <= at; });
    if (heals_.size() < static_cast<std::size_t>(at_once)) return at;
    const auto earliest = std::min_element(heals_.begin(), heals_.end());
    const nanoseconds free = *earliest + breath;
    heals_.erase(earliest);
    return free;
  }
  void add(nanoseconds heals_at) { heals_.push_back(heals_at); }

 private:
  std::vector<nanoseconds> heals_;
};

const Repeat* repeat_of(const FaultSpec& spec) {
  const auto* kill = std::get_if<KillSpec>(&spec.what);
  const auto* pause = std::get_if<PauseSpec>(&spec.what);
  return kill != nullptr ? &kill->repeat : pause != nullptr ? &pause->repeat : nullptr;
}

void add_repeatedly(Schedule& schedule, const ScheduledFault& whole, const Repeat& repeat, Draw& draw) {
  const nanoseconds end = whole.at + whole.lasting;
  nanoseconds at = whole.at;
  for (int left = repeat.times; left > 0 && at < end; --left) {
    ScheduledFault one = whole;
    one.at = at;
    one.lasting = std::min(draw.between(repeat.down.least, repeat.down.most), end - at);
    schedule.push_back(one);
    at += one.lasting + draw.between(repeat.up.least, repeat.up.most);
  }
}

void sort_and_number(Schedule& schedule) {
  std::stable_sort(schedule.begin(), schedule.end(),
                   [](const ScheduledFault& a, const ScheduledFault& b) { return a.at < b.at; });
  std::uint64_t id = 0;
  for (ScheduledFault& fault : schedule) fault.id = ++id;
}

}  // namespace

bool needs_disks(const NemesisSpec& spec) {
  return waits_for(spec, EventKind::fsync) || waits_for(spec, EventKind::synced) ||
         std::any_of(spec.faults.begin(), spec.faults.end(),
                     [](const FaultSpec& fault) { return needs_disks(choice(fault, 0)); });
}

bool waits_for(const NemesisSpec& spec, EventKind kind) {
  return std::any_of(spec.faults.begin(), spec.faults.end(), [&](const FaultSpec& fault) {
    if (!fault.when) return false;
    const std::vector<Event>& events = fault.when->events;
    return std::any_of(events.begin(), events.end(), [&](const Event& event) { return event.kind == kind; });
  });
}

bool needs_clocks(const NemesisSpec& spec) {
  return std::any_of(spec.faults.begin(), spec.faults.end(),
                     [](const FaultSpec& fault) { return std::holds_alternative<ClockSpec>(fault.what); });
}

Schedule draw_schedule(const NemesisSpec& spec, nanoseconds duration, std::uint64_t seed) {
  assert(!spec.swarm && spec.at_once >= 1 && spec.interval > nanoseconds(0));
  Schedule schedule;
  if (spec.faults.empty() || duration <= nanoseconds(0)) return schedule;
  Draw draw(seed);
  Faults faults(spec.faults);
  Active active;
  const nanoseconds around = std::min(spec.interval, duration / 10);
  nanoseconds at = draw.between(around / 2, around + around / 2);
  while (at < duration) {
    auto [entry, fault] = faults.next(draw);
    if (auto* slow = std::get_if<SlowDisk>(&fault)) {
      const DurationRange delay = std::get<SlowDiskSpec>(entry->what).delay;
      slow->delay = draw.between(delay.least, std::max(delay.least, delay.most));
    }
    if (auto* loop = std::get_if<CrashLoop>(&fault)) {
      const auto& loops = std::get<CrashLoopSpec>(entry->what);
      const int more = std::max(loops.most_times - loops.least_times, 0);
      loop->times += static_cast<int>(draw.below(static_cast<std::uint64_t>(more) + 1));
    }
    if (auto* starve = std::get_if<Starve>(&fault)) {
      const DurationRange period = std::get<StarveSpec>(entry->what).period;
      starve->period = draw.spread(period.least, std::max(period.least, period.most));
    }
    if (auto* change = std::get_if<ClockChange>(&fault)) draw_amounts(*change, std::get<ClockSpec>(entry->what), draw);
    const DurationRange range = entry->lasting.value_or(spec.lasting);
    const nanoseconds least = std::min(range.least, duration);
    nanoseconds lasting = draw.between(least, std::max(least, range.most));
    const nanoseconds waiting = entry->when ? std::min(entry->when->within, duration - least) : nanoseconds(0);
    at = active.free_at(at, spec.at_once, spec.interval / 10);
    if (schedule.empty()) at = std::min(at, duration - least - waiting);
    if (at + waiting + least > duration) break;
    lasting = std::min(lasting, duration - at - waiting);
    active.add(at + waiting + lasting);
    // 53 bits, so that the draw survives every reader of JSON.
    ScheduledFault one{0, at, lasting, fault, draw.below(std::uint64_t{1} << 53), entry->when};
    if (one.when) one.when->within = waiting;
    const Repeat* repeat = repeat_of(*entry);
    if (repeat != nullptr && repeat->times > 1) {
      add_repeatedly(schedule, one, *repeat, draw);
    } else {
      schedule.push_back(one);
    }
    at += draw.between(spec.interval / 2, spec.interval + spec.interval / 2);
  }
  sort_and_number(schedule);
  return schedule;
}

}  // namespace ordeal::nemesis
