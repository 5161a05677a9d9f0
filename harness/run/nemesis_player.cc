#include "harness/run/nemesis_player.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "harness/run/event_watch.h"
#include "harness/run/run_events.h"
#include "nemesis/inject/packet_watch.h"
#include "nemesis/plan/names.h"
#include "nemesis/plan/targets.h"

namespace ordeal::harness {
namespace {

using nemesis::Aim;
using nemesis::Evidence;
using nemesis::ScheduledFault;
using Clock = std::chrono::steady_clock;

constexpr Clock::time_point forever = Clock::time_point::max();
// Of freeze_all(), for the injector; schedules count from 1.
constexpr std::uint64_t freeze_id = 0;
// For the members to be as before once all is healed; a target that refuses for so long does not serve everywhere.
constexpr auto settle_bound = std::chrono::seconds(20);
constexpr auto leader_poll = std::chrono::milliseconds(50);
// While a fault waits for an event.
constexpr auto look_interval = std::chrono::milliseconds(1);

const nemesis::Selector& selector_of(const nemesis::Fault& fault) {
  return std::visit(
      [](const auto& kind) -> const nemesis::Selector& {
        if constexpr (requires { kind.selector; }) {
          return kind.selector;
        } else {
          static const nemesis::Selector none;
          return none;
        }
      },
      fault);
}

Aim aim_at(const ScheduledFault& fault, const nemesis::Cluster& cluster, const std::optional<nemesis::Node>& event) {
  nemesis::ClusterView view{.nodes = cluster.nodes(), .leader = cluster.leader(), .event = event};
  if (const auto* partition = std::get_if<nemesis::Partition>(&fault.fault)) {
    return {.nodes = {}, .grudge = nemesis::grudge_of(*partition, view, fault.draw)};
  }
  if (const auto* packets = std::get_if<nemesis::Packets>(&fault.fault)) {
    return {.links = nemesis::links_of(*packets, view, fault.draw)};
  }
  if (std::holds_alternative<nemesis::Transfer>(fault.fault)) return {.nodes = nemesis::successor(view, fault.draw)};
  const nemesis::Selector& selector = selector_of(fault.fault);
  if (selector.target == nemesis::Target::one) {
    // Any one node will do, so one that another fault holds down is a wasted choice, unless they all are.
    std::vector<nemesis::Node> running = view.nodes;
    std::erase_if(running, [&](const nemesis::Node& node) { return cluster.processes(node).empty(); });
    if (!running.empty()) view.nodes = running;
  }
  return {.nodes = nemesis::resolve(selector, view, fault.draw), .grudge = {}, .why_none = {}, .draw = fault.draw};
}

std::string words(const ScheduledFault& fault, const Aim& aim) {
  if (aim.nodes.empty()) return nemesis::to_string(fault.fault);
  return fmt::format("{} ({})", nemesis::to_string(fault.fault), fmt::join(aim.nodes, ", "));
}

// While a partition lasts its packets are not counted yet; only its end says whether it had an effect.
std::string words(const Evidence& evidence, bool final) {
  std::string text = evidence.effect ? "effect" : final ? "NO effect" : "no effect yet";
  for (const auto& [name, count] : evidence.counts) text += fmt::format(", {} {}", name, count);
  if (!evidence.note.empty()) text += "; " + evidence.note;
  return text;
}

// The event for which a fault had waited is told with what the fault did.
void add_event(const std::string& event, Evidence& evidence) {
  if (!event.empty()) evidence.note = evidence.note.empty() ? event : event + "; " + evidence.note;
}

std::string milliseconds_text(std::chrono::nanoseconds time) {
  return fmt::format("{} ms", std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

}  // namespace

struct NemesisPlayer::State {
  struct Active {
    ScheduledFault fault;
    Aim aim;
    Clock::time_point heal_at;
    std::string event{};  // for which it had waited
  };
  // A fault that waits for its event.
  struct Waiting {
    ScheduledFault fault;
    Clock::time_point give_up;
    std::unique_ptr<EventWatch> watch;
    std::optional<Clock::time_point> strike_at{};  // once it was seen
  };

  nemesis::Schedule schedule;
  nemesis::Cluster& cluster;
  Recorder& recorder;
  std::function<void(const std::string&)> say;
  Injectors injectors;
  const StatusPoller* statuses;
  nemesis::PacketWatch packets{cluster};
  std::vector<std::unique_ptr<Waiting>> waiting{};  // of the thread
  Clock::time_point began;
  std::thread thread;

  std::mutex acting;  // held while an injector is used; taken before `mutex`

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  bool stopping = false;
  bool worth_a_look = false;  // an event may have come
  std::vector<Active> active;
  std::exception_ptr failure;

  nemesis::Injector& injector_of(const nemesis::Fault& fault) {
    if (std::holds_alternative<nemesis::Partition>(fault)) return *injectors.links;
    if (std::holds_alternative<nemesis::Packets>(fault)) return *injectors.packets;
    if (std::holds_alternative<nemesis::ClockChange>(fault)) return *injectors.clocks;
    if (std::holds_alternative<nemesis::Transfer>(fault)) return *injectors.transfers;
    if (std::holds_alternative<nemesis::Membership>(fault)) return *injectors.members;
    if (std::holds_alternative<nemesis::CrashLoop>(fault)) return *injectors.crash_loops;
    if (std::holds_alternative<nemesis::Upgrade>(fault)) return *injectors.upgrades;
    if (nemesis::needs_disks(fault)) return *injectors.disks;
    return *injectors.processes;
  }

  // Waits until `when`, until an event may have come, or until finish() was called: then false.
  bool wait_until(Clock::time_point when) {
    const auto over = [this] { return stopping || worth_a_look; };
    std::unique_lock lock(mutex);
    if (when == forever) {
      wake.wait(lock, over);
    } else {
      wake.wait_until(lock, when, over);
    }
    worth_a_look = false;
    return !stopping;
  }

  // From any thread.
  void look_soon() {
    const std::lock_guard lock(mutex);
    worth_a_look = true;
    wake.notify_all();
  }

  void heal(const Active& active_fault) {
    const std::lock_guard alone(acting);
    const ScheduledFault& fault = active_fault.fault;
    Evidence evidence = injector_of(fault.fault).heal(fault.id);
    add_event(active_fault.event, evidence);
    recorder.record(fault_event(fault, "healed", active_fault.aim, evidence));
    say(fmt::format("healed    #{} {}: {}", fault.id, words(fault, active_fault.aim), words(evidence, true)));
  }

  // The active fault whose time comes first, if it comes no later than `limit`; taken out of the list.
  std::optional<Active> take_due(Clock::time_point limit) {
    const std::lock_guard lock(mutex);
    const auto first = std::min_element(active.begin(), active.end(),
                                        [](const Active& a, const Active& b) { return a.heal_at < b.heal_at; });
    if (first == active.end() || first->heal_at > limit) return std::nullopt;
    Active due = std::move(*first);
    active.erase(first);
    return due;
  }

  // Plays every healing, and strikes at every event, that falls before `when`. False: finish() was called.
  bool advance_to(Clock::time_point when) {
    for (;;) {
      strike_at_events();
      while (std::optional<Active> due = take_due(std::min(when, Clock::now()))) heal(*due);
      const Clock::time_point next_act = go_on();
      if (Clock::now() >= when) return !is_stopping();
      Clock::time_point next = std::min({when, first_healing(), next_act});
      if (!waiting.empty()) next = std::min(next, next_look());
      if (!wait_until(next)) return false;
    }
  }

  // What faults do by and by; when the next of it is due.
  Clock::time_point go_on() {
    if (injectors.crash_loops == nullptr) return forever;
    const std::lock_guard alone(acting);
    return injectors.crash_loops->go_on();
  }

  bool is_stopping() {
    const std::lock_guard lock(mutex);
    return stopping;
  }

  Clock::time_point first_healing() {
    const std::lock_guard lock(mutex);
    Clock::time_point first = forever;
    for (const Active& one : active) first = std::min(first, one.heal_at);
    return first;
  }

  Clock::time_point next_look() const {
    Clock::time_point next = Clock::now() + look_interval;
    for (const auto& one : waiting) next = std::min(next, one->strike_at.value_or(forever));
    return next;
  }

  void await_event(const ScheduledFault& fault) {
    const EventWorld world{.cluster = cluster, .recorder = recorder, .statuses = statuses, .packets = packets};
    auto one = std::make_unique<Waiting>();
    one->fault = fault;
    one->give_up = began + fault.at + fault.when->within;
    one->watch = std::make_unique<EventWatch>(*fault.when, fault.id, world, [this] { look_soon(); });
    waiting.push_back(std::move(one));
    say(fmt::format("waits     #{} {} for: {}", fault.id, nemesis::to_string(fault.fault),
                    nemesis::to_string(*fault.when)));
  }

  // Strikes those whose events have come, and gives up those whose time is over.
  void strike_at_events() {
    for (std::size_t i = 0; i < waiting.size();) {
      Waiting& one = *waiting[i];
      const std::optional<SeenEvent>& seen = one.watch->look();
      if (seen && !one.strike_at) one.strike_at = Clock::now() + one.fault.when->hold;
      if (seen && Clock::now() < *one.strike_at) {
        ++i;
        continue;
      }
      if (!seen && Clock::now() < one.give_up) {
        ++i;
        continue;
      }
      const std::unique_ptr<Waiting> done = std::move(waiting[i]);
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
      if (seen) {
        strike(done->fault, *seen);
      } else {
        never_came(*done, "within " + milliseconds_text(done->fault.when->within));
      }
      done->watch->let_go();
    }
  }

  void strike(const ScheduledFault& fault, const SeenEvent& seen) {
    const std::string event =
        fmt::format("the event ({}) was seen at {:.3f} s{}{}", nemesis::to_string(*fault.when),
                    std::chrono::duration<double>(seen.at).count(), seen.node.empty() ? "" : " at " + seen.node,
                    seen.detail.empty() ? "" : ": " + seen.detail);
    const Aim found = aim_now(fault, seen.node.empty() ? std::nullopt : std::optional(seen.node));
    inject_at(fault, found, Clock::now() + fault.lasting, event);
  }

  void never_came(const Waiting& one, const std::string& when) {
    const std::vector<nemesis::Event>& events = one.fault.when->events;
    Evidence none{.note = fmt::format("the event ({}) never came {}", nemesis::to_string(*one.fault.when), when)};
    if (one.watch->passed() > 0) none.note += fmt::format("; {} of {} did", one.watch->passed(), events.size());
    recorder.record(fault_event(one.fault, "injected", {}, none));
    say(fmt::format("skipped   #{} {}: {}", one.fault.id, nemesis::to_string(one.fault.fault), none.note));
  }

  Aim aim_now(const ScheduledFault& fault, const std::optional<nemesis::Node>& event = std::nullopt) {
    if (!std::holds_alternative<nemesis::Membership>(fault.fault)) return aim_at(fault, cluster, event);
    const std::lock_guard alone(acting);  // it may finish an earlier change first
    return injectors.members->aim(fault);
  }

  // Finds nodes and links for the fault; a fault that needs a leader waits for one, healing others meanwhile.
  std::optional<Aim> aim(const ScheduledFault& fault) {
    const Clock::time_point give_up = began + fault.at + fault.lasting / 2;
    for (;;) {
      Aim found = aim_now(fault);
      if (!found.empty() || Clock::now() >= give_up) return found;
      if (!advance_to(std::min(give_up, Clock::now() + leader_poll))) return std::nullopt;
    }
  }

  void inject(const ScheduledFault& fault) {
    const std::optional<Aim> found = aim(fault);
    if (found) inject_at(fault, *found, began + fault.at + fault.lasting, "");
  }

  void inject_at(const ScheduledFault& fault, const Aim& found, Clock::time_point heal_at, const std::string& event) {
    if (found.empty()) {
      Evidence none{
          .effect = false, .counts = {}, .note = found.why_none.empty() ? "nobody was known to lead" : found.why_none};
      add_event(event, none);
      recorder.record(fault_event(fault, "injected", found, none));
      say(fmt::format("skipped   #{} {}: {}", fault.id, words(fault, found), none.note));
      return;
    }
    const std::lock_guard alone(acting);
    Evidence evidence = injector_of(fault.fault).inject(fault.id, fault.fault, found);
    add_event(event, evidence);
    {
      const std::lock_guard lock(mutex);
      active.push_back({.fault = fault, .aim = found, .heal_at = heal_at, .event = event});
    }
    recorder.record(fault_event(fault, "injected", found, evidence));
    say(fmt::format("injected  #{} {}: {}", fault.id, words(fault, found), words(evidence, false)));
  }

  void play() {
    for (const ScheduledFault& fault : schedule) {
      if (!advance_to(began + fault.at)) return;
      if (fault.when) {
        await_event(fault);
      } else {
        inject(fault);
      }
    }
    advance_to(forever);
  }

  // The membership last: while other faults rage the target may not be able to change it back.
  void heal_all() {
    for (const auto& one : waiting) never_came(*one, "before the load ended");
    waiting.clear();
    std::vector<Active> memberships;
    while (std::optional<Active> due = take_due(forever)) {
      if (std::holds_alternative<nemesis::Membership>(due->fault.fault)) {
        memberships.push_back(std::move(*due));
      } else {
        heal(*due);
      }
    }
    for (const Active& one : memberships) heal(one);
    if (injectors.members == nullptr) return;
    const std::lock_guard alone(acting);
    const auto missing = injectors.members->settle(settle_bound);
    if (missing) say("the membership is NOT as before: " + *missing);
  }

  void run() {
    try {
      play();
      heal_all();
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  }
};

Injectors make_injectors(nemesis::Cluster& cluster, nemesis::Control& control,
                         const std::vector<nemesis::CorruptibleFiles>& corruptible) {
  auto processes = nemesis::make_process_injector(cluster);
  auto disks = nemesis::make_disk_injector(cluster, *processes, corruptible);
  auto crash_loops = nemesis::make_crash_loop_injector(cluster, *processes);
  auto upgrades = nemesis::make_upgrade_injector(cluster, *processes);
  return {.processes = std::move(processes),
          .links = nemesis::make_link_injector(cluster),
          .clocks = nemesis::make_clock_injector(cluster),
          .transfers = nemesis::make_transfer_injector(cluster, control),
          .members = std::make_unique<nemesis::MembershipInjector>(cluster, control),
          .disks = std::move(disks),
          .packets = nemesis::make_packet_injector(cluster),
          .crash_loops = std::move(crash_loops),
          .upgrades = std::move(upgrades)};
}

NemesisPlayer::NemesisPlayer(nemesis::Schedule schedule, nemesis::Cluster& cluster, Injectors injectors,
                             Recorder& recorder, std::function<void(const std::string&)> say,
                             const StatusPoller* statuses)
    : state_(new State{.schedule = std::move(schedule),
                       .cluster = cluster,
                       .recorder = recorder,
                       .say = std::move(say),
                       .injectors = std::move(injectors),
                       .statuses = statuses,
                       .began = {},
                       .thread = {},
                       .acting = {},
                       .mutex = {},
                       .wake = {},
                       .stopping = false,
                       .worth_a_look = false,
                       .active = {},
                       .failure = {}}) {}

NemesisPlayer::~NemesisPlayer() {
  finish();
}

void NemesisPlayer::start() {
  state_->began = Clock::now();
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

void NemesisPlayer::finish() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

void NemesisPlayer::freeze_all(const std::function<void(const nemesis::Evidence&)>& meanwhile) {
  const std::lock_guard alone(state_->acting);
  nemesis::Injector& processes = *state_->injectors.processes;
  const std::vector<nemesis::Node> nodes = state_->cluster.nodes();
  const Aim all{.nodes = {nodes.begin(), nodes.end()}, .grudge = {}};
  const nemesis::Pause pause{.selector = {.target = nemesis::Target::all}};
  try {
    meanwhile(processes.inject(freeze_id, pause, all));
  } catch (...) {
    processes.heal(freeze_id);
    throw;
  }
  processes.heal(freeze_id);
}

std::vector<std::string> NemesisPlayer::active() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> texts;
  for (const State::Active& one : state_->active) texts.push_back(words(one.fault, one.aim));
  return texts;
}

std::exception_ptr NemesisPlayer::failure() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failure;
}

}  // namespace ordeal::harness
