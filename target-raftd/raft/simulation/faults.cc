#include "target-raftd/raft/simulation/faults.h"

#include <fmt/core.h>

#include <algorithm>

namespace raftd::simulation {

using raft::NodeId;

void Faults::note(const std::string& line) const {
  if (world_.trace) {
    world_.trace(line);
  }
}

void Faults::start() {
  every(world_.options.crash_every, &Faults::crash_some);
  every(world_.options.partition_every, &Faults::partition);
  every(world_.options.pause_every, &Faults::pause_one);
  every(world_.options.usurp_every, &Faults::usurp);
  every(world_.options.disk_fault_every, &Faults::fail_disk);
  every(world_.options.disk_loss_every, &Faults::lose_disk);
}

void Faults::every(Time mean, void (Faults::*fault)()) {
  if (mean == 0) {
    return;
  }
  world_.timeline.after(world_.dice.between(1, 2 * mean), [this, mean, fault] {
    if (!stopped_) {
      (this->*fault)();
      every(mean, fault);
    }
  });
}

void Faults::stop() {
  note("everything heals");
  stopped_ = true;
  ++partitions_;  // whatever was to heal later
  network_.heal();
  network_.forget_kept();
  Options& options = world_.options;
  options.lost = options.late = options.repeated = options.kept = options.answers_lost = 0;
  options.patience_doublings = 1;
  for (Time* time : {&options.delay, &options.disk, &options.apply, &options.snapshot_time}) {
    *time = std::min<Time>(*time, tick_length / 4);
  }
  for (Machine& machine : machines_.all()) {
    machine.pause(0);
    machine.fail_disk({});
    if (!machine.up() && !machine.lost()) {
      machine.start();
    }
  }
}

Machine& Faults::victim() {
  const std::vector<Machine*> leaders = machines_.leaders();
  if (!leaders.empty() && world_.dice.chance(world_.options.aim_at_leader)) {
    return *leaders[world_.dice.below(leaders.size())];
  }
  return machines_.at(world_.dice.between(1, machines_.all().size()));
}

// From nearly nothing to five: long enough for another leader, and for what it commits.
Time Faults::some_election_timeouts() {
  const std::uint64_t at_most = world_.dice.chance(300) ? 1 : 10;  // halves
  return world_.dice.between(1, at_most * static_cast<Time>(world_.options.election_timeout_ticks) * tick_length / 2);
}

void Faults::crash_some() {
  if (world_.dice.chance(100)) {
    for (Machine& machine : machines_.all()) {
      crash(machine);
    }
  } else {
    crash(victim());
  }
}

void Faults::crash(Machine& machine) {
  crash(machine, some_election_timeouts());
}

void Faults::crash(Machine& machine, Time down) {
  if (!machine.up()) {
    return;
  }
  ++world_.statistics.crashes;
  note(fmt::format("{} crashes", machine.id()));
  machine.crash();
  world_.timeline.after(down, [this, &machine] {
    if (!machine.up() && !machine.lost()) {
      note(fmt::format("{} starts", machine.id()));
      machine.start();
    }
  });
}

void Faults::cut(const Links& links) {
  std::string text;
  for (const auto& [from, to] : links) {
    network_.cut(from, to);
    text += fmt::format(" {}->{}", from, to);
  }
  note("cut:" + text);
}

void Faults::partition() {
  ++world_.statistics.partitions;
  network_.heal();
  cut(random_links());
  heal_after(some_election_timeouts());
}

// Unless another partition comes before.
void Faults::heal_after(Time delay) {
  world_.timeline.after(delay, [this, which = ++partitions_] {
    if (which == partitions_) {
      note("partition heals");
      network_.heal();
    }
  });
}

// One server or a random half is cut off, in both directions or in one; two halves share one server only (a bridge);
// everybody hears only its neighbours (a ring); or random links are cut one way.
Faults::Links Faults::random_links() {
  const std::size_t count = machines_.all().size();
  enum class Kind { one, half, bridge, ring, links };
  const auto kind = static_cast<Kind>(world_.dice.below(6) % 5);  // one server more often than others
  std::vector<bool> inside(count);
  const NodeId center = victim().id();
  for (std::size_t i = 0; i < count; ++i) {
    inside[i] = kind == Kind::one ? i + 1 == center : world_.dice.chance(500);
  }
  const std::uint64_t direction = world_.dice.below(4);  // both, both, out, in
  Links links;
  for (NodeId from = 1; from <= count; ++from) {
    for (NodeId to = 1; to <= count; ++to) {
      bool cut = inside[from - 1] != inside[to - 1] && (direction < 2 || inside[from - 1] == (direction == 2));
      if (kind == Kind::bridge) {
        cut = inside[from - 1] != inside[to - 1] && from != center && to != center;
      } else if (kind == Kind::ring) {
        cut = (from + 1 - to + count) % count > 2;
      } else if (kind == Kind::links) {
        cut = world_.dice.chance(400);
      }
      if (cut && from != to) {
        links.emplace_back(from, to);
      }
    }
  }
  return links;
}

// Often it is cut off as well, so that it wakes up with what came before and nothing that came since.
void Faults::pause_one() {
  Machine& machine = victim();
  ++world_.statistics.pauses;
  note(fmt::format("{} pauses", machine.id()));
  const Time duration = some_election_timeouts();
  machine.pause(duration);
  if (world_.dice.chance(400)) {
    isolate(machine, true);
    heal_after(duration + some_election_timeouts());
  }
}

void Faults::isolate(const Machine& machine, bool inbound_only) {
  Links links;
  for (const Machine& other : machines_.all()) {
    if (other.id() != machine.id()) {
      links.emplace_back(other.id(), machine.id());
      if (!inbound_only) {
        links.emplace_back(machine.id(), other.id());
      }
    }
  }
  cut(links);
}

// What leases are in danger of: the leader does not hear that it has a successor. Either the successor stops hearing
// from it a while before the others do, some of which start anew, having forgotten whom they heard, or hear old
// messages again; or it is asked to take over, and the leader hears nothing of what comes of that.
void Faults::usurp() {
  const std::vector<Machine*> leaders = machines_.leaders();
  if (leaders.empty()) {
    return;
  }
  Machine& leader = *leaders[world_.dice.below(leaders.size())];
  const Machine& successor = machines_.at(world_.dice.between(1, machines_.all().size()));
  const Time timeout = static_cast<Time>(world_.options.election_timeout_ticks) * tick_length;
  ++world_.statistics.usurpations;
  network_.heal();
  const bool by_transfer = world_.dice.chance(500);
  Time until_cut = 0;
  if (by_transfer) {
    note(fmt::format("{} is to hand over to {}", leader.id(), successor.id()));
    leader.after(0, [&leader, to = successor.id()] { leader.transfer(to); });
    until_cut = world_.dice.between(1, 3 * tick_length);
  } else {
    cut({{leader.id(), successor.id()}, {successor.id(), leader.id()}});
    until_cut = world_.dice.between(timeout / 2, 2 * timeout);
  }
  heal_after(until_cut + world_.dice.between(timeout / 2, 2 * timeout));
  world_.timeline.after(until_cut, [this, &leader, by_transfer, which = partitions_] {
    if (which != partitions_) {
      return;
    }
    isolate(leader, by_transfer);
    for (Machine& machine : machines_.all()) {
      if (by_transfer || machine.id() == leader.id()) {
        continue;
      }
      network_.remind(machine.id());
      if (machine.up() && world_.dice.chance(300)) {
        crash(machine, world_.dice.between(1, tick_length));
      }
    }
  });
}

void Faults::fail_disk() {
  Machine& machine = victim();
  if (machine.up()) {
    note(fmt::format("the disk of {} will fail", machine.id()));
    machine.fail_disk([this, &machine] {
      ++world_.statistics.disk_faults;
      crash(machine);
    });
  }
}

void Faults::lose_disk() {
  Machine& machine = victim();
  const auto in_play = machines_.configurations_in_play();
  const bool survives = std::ranges::all_of(
      in_play, [&](const auto& configuration) { return machines_.survives(configuration, machine.id()); });
  if (survives && !machine.lost()) {
    ++world_.statistics.lost_disks;
    note(fmt::format("{} loses its disk", machine.id()));
    machine.lose_disk();
  }
}

}  // namespace raftd::simulation
