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

#include "harness/run/run_events.h"
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

Aim aim_at(const ScheduledFault& fault, const nemesis::Cluster& cluster) {
  nemesis::ClusterView view{.nodes = cluster.nodes(), .leader = cluster.leader()};
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

}  // namespace

struct NemesisPlayer::State {
  struct Active {
    ScheduledFault fault;
    Aim aim;
    Clock::time_point heal_at;
  };

  nemesis::Schedule schedule;
  nemesis::Cluster& cluster;
  Recorder& recorder;
  std::function<void(const std::string&)> say;
  Injectors injectors;
  Clock::time_point began;
  std::thread thread;

  std::mutex acting;  // held while an injector is used; taken before `mutex`

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  bool stopping = false;
  std::vector<Active> active;
  std::exception_ptr failure;

  nemesis::Injector& injector_of(const nemesis::Fault& fault) {
    if (std::holds_alternative<nemesis::Partition>(fault)) return *injectors.links;
    if (std::holds_alternative<nemesis::Packets>(fault)) return *injectors.packets;
    if (std::holds_alternative<nemesis::ClockChange>(fault)) return *injectors.clocks;
    if (std::holds_alternative<nemesis::Transfer>(fault)) return *injectors.transfers;
    if (std::holds_alternative<nemesis::Membership>(fault)) return *injectors.members;
    if (nemesis::needs_disks(fault)) return *injectors.disks;
    return *injectors.processes;
  }

  // Waits until `when`, or until finish() was called: then false.
  bool wait_until(Clock::time_point when) {
    std::unique_lock lock(mutex);
    if (when == forever) {
      wake.wait(lock, [this] { return stopping; });
      return false;
    }
    return !wake.wait_until(lock, when, [this] { return stopping; });
  }

  void heal(const Active& active_fault) {
    const std::lock_guard alone(acting);
    const ScheduledFault& fault = active_fault.fault;
    const Evidence evidence = injector_of(fault.fault).heal(fault.id);
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

  // Plays every healing that falls before `when`, then waits until then. False: finish() was called.
  bool advance_to(Clock::time_point when) {
    while (std::optional<Active> due = take_due(when)) {
      const bool go_on = wait_until(due->heal_at);
      heal(*due);
      if (!go_on) return false;
    }
    return wait_until(when);
  }

  Aim aim_now(const ScheduledFault& fault) {
    if (!std::holds_alternative<nemesis::Membership>(fault.fault)) return aim_at(fault, cluster);
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
    if (!found) return;  // finishing
    if (found->empty()) {
      const Evidence none{.effect = false,
                          .counts = {},
                          .note = found->why_none.empty() ? "nobody was known to lead" : found->why_none};
      recorder.record(fault_event(fault, "injected", *found, none));
      say(fmt::format("skipped   #{} {}: {}", fault.id, words(fault, *found), none.note));
      return;
    }
    const std::lock_guard alone(acting);
    const Evidence evidence = injector_of(fault.fault).inject(fault.id, fault.fault, *found);
    {
      const std::lock_guard lock(mutex);
      active.push_back({.fault = fault, .aim = *found, .heal_at = began + fault.at + fault.lasting});
    }
    recorder.record(fault_event(fault, "injected", *found, evidence));
    say(fmt::format("injected  #{} {}: {}", fault.id, words(fault, *found), words(evidence, false)));
  }

  void play() {
    for (const ScheduledFault& fault : schedule) {
      if (!advance_to(began + fault.at)) return;
      inject(fault);
    }
    advance_to(forever);
  }

  // The membership last: while other faults rage the target may not be able to change it back.
  void heal_all() {
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
  return {.processes = std::move(processes),
          .links = nemesis::make_link_injector(cluster),
          .clocks = nemesis::make_clock_injector(cluster),
          .transfers = nemesis::make_transfer_injector(cluster, control),
          .members = std::make_unique<nemesis::MembershipInjector>(cluster, control),
          .disks = std::move(disks),
          .packets = nemesis::make_packet_injector(cluster)};
}

NemesisPlayer::NemesisPlayer(nemesis::Schedule schedule, nemesis::Cluster& cluster, Injectors injectors,
                             Recorder& recorder, std::function<void(const std::string&)> say)
    : state_(new State{.schedule = std::move(schedule),
                       .cluster = cluster,
                       .recorder = recorder,
                       .say = std::move(say),
                       .injectors = std::move(injectors),
                       .began = {},
                       .thread = {},
                       .acting = {},
                       .mutex = {},
                       .wake = {},
                       .stopping = false,
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
