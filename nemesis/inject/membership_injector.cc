#include "nemesis/inject/membership_injector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <thread>
#include <utility>

#include "nemesis/inject/process_state.h"

namespace ordeal::nemesis {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The nemesis has one thread, and other faults wait while it is here.
constexpr milliseconds step_bound{2500};     // for an injection or a healing
constexpr milliseconds leftover_bound{500};  // for what an earlier healing left, before the next injection
constexpr milliseconds list_within{500};     // for a node to say who the members are
constexpr milliseconds answer_within{1500};  // for a change
constexpr milliseconds pause_between{30};    // before the next try

std::string described(const Members& members) {
  std::string voting, learning;
  for (const Member& member : members) {
    std::string& list = member.voter ? voting : learning;
    list += fmt::format("{}{}={}", list.empty() ? "" : ", ", member.node, member.server);
  }
  return "voters " + voting + (learning.empty() ? "" : "; learners " + learning);
}

}  // namespace

Wanted MembershipInjector::wanted() const {
  Wanted result = home_.value_or(Wanted());
  for (const auto& [id, fault] : active_) result = after(fault.kind, fault.nodes, std::move(result));
  return result;
}

Nodes MembershipInjector::running() const {
  Nodes found;
  for (const Node& node : cluster_.nodes()) {
    const std::vector<pid_t> processes = cluster_.processes(node);
    const auto runs = [](pid_t process) { return state_of(process) == ProcessState::running; };
    if (std::ranges::any_of(processes, runs)) found.insert(node);
  }
  return found;
}

MembershipView MembershipInjector::view_of(const Members& members, const std::optional<Node>& leader) const {
  return {.members = members,
          .running = running(),
          .leader = leader,
          .spares = control_.spares(),
          .least_voters = least_voters_};
}

std::optional<Members> MembershipInjector::read(const std::optional<Node>& leader, std::string& why_not) {
  if (!leader) {
    why_not = "nobody was known to lead";
    return std::nullopt;
  }
  std::optional<Members> members = control_.members(*leader, list_within);
  if (!members || members->empty()) {
    why_not = *leader + " did not say who the members are";
    return std::nullopt;
  }
  if (home_) return members;
  home_.emplace();
  for (const Member& member : *members) {
    home_->emplace(member.node, member.voter);
    servers_[member.node] = member.server;
  }
  return members;
}

Aim MembershipInjector::aim(const ScheduledFault& fault) {
  const auto& membership = std::get<Membership>(fault.fault);
  least_voters_ = std::max(least_voters_, membership.least_voters);
  Aim aim;
  const std::optional<Node> leader = cluster_.leader();
  std::optional<Members> members = read(leader, aim.why_none);
  if (!members) return aim;
  if (next_step(wanted(), servers_, *members)) {
    Progress progress;
    advance(steady_clock::now() + leftover_bound, progress);
    if (!progress.done) aim.why_none = "an earlier change is not done yet: " + progress.said;
    if (!progress.done) return aim;
    members = progress.members;
  }
  const Struck struck = choose(membership.kind, view_of(*members, leader), fault.draw);
  aim.nodes = {struck.nodes.begin(), struck.nodes.end()};
  aim.why_none = struck.why_none;
  return aim;
}

Evidence MembershipInjector::inject(std::uint64_t id, const Fault& fault, const Aim& aim) {
  const auto& membership = std::get<Membership>(fault);
  const std::vector<Node> nodes(aim.nodes.begin(), aim.nodes.end());
  const auto [active, is_new] = active_.emplace(id, Active{membership.kind, nodes, {}, {}});
  assert(is_new && home_ && "aimed before");
  Progress progress;
  if (membership.kind == MembershipKind::replace) {
    for (const Node& node : nodes) active->second.replaced.insert(servers_.extract(node));
  }
  const std::optional<Node> leader = cluster_.leader();
  if (membership.kind == MembershipKind::remove_two && leader) remove_at_once(nodes, *leader, progress);
  advance(steady_clock::now() + step_bound, progress);
  Evidence& evidence = active->second.evidence;
  const int changes = progress.added + progress.promoted + progress.removed;
  evidence.effect = changes > 0;
  evidence.counts = {{"servers_added", progress.added},
                     {"servers_promoted", progress.promoted},
                     {"servers_removed", progress.removed}};
  evidence.note = described(progress.members);
  if (!progress.done) evidence.note += "; not done: " + progress.said;
  return evidence;
}

Evidence MembershipInjector::heal(std::uint64_t id) {
  const auto found = active_.find(id);
  assert(found != active_.end());
  Evidence evidence = std::move(found->second.evidence);
  // A replacement that could not even begin is given up: whoever is a member as it was may stay.
  servers_.merge(found->second.replaced);
  active_.erase(found);
  Progress progress;
  advance(steady_clock::now() + step_bound, progress);
  // What was not done in time at first, and has been done since, had its effect, too.
  evidence.effect = evidence.effect || progress.added + progress.promoted + progress.removed > 0;
  evidence.note += "; then " + described(progress.members);
  if (!progress.done) evidence.note += "; not back yet: " + progress.said;
  return evidence;
}

std::optional<std::string> MembershipInjector::settle(milliseconds within) {
  assert(active_.empty());
  if (!home_) return std::nullopt;
  Progress progress;
  advance(steady_clock::now() + within, progress);
  if (progress.done) return std::nullopt;
  return fmt::format("{}; {}", described(progress.members), progress.said);
}

// Step by step towards what is wanted, each from a fresh look at what is.
void MembershipInjector::advance(Deadline deadline, Progress& progress) {
  while (!progress.done && steady_clock::now() < deadline) {
    const std::optional<Node> leader = cluster_.leader();
    const std::optional<Members> members = read(leader, progress.said);
    if (members) {
      progress.members = *members;
      const std::optional<Step> step = next_step(wanted(), servers_, *members);
      progress.done = !step;
      if (step) do_step(*step, *leader, *members, progress);
    }
    if (!progress.done) std::this_thread::sleep_for(pause_between);
  }
  if (progress.done) retire_strangers();
}

void MembershipInjector::do_step(const Step& step, const Node& leader, const Members& members, Progress& progress) {
  if (step.what == Step::What::add) return add(leader, step.member.node, members, progress);
  const MembershipView view = view_of(members, leader);
  if (step.what == Step::What::promote) {
    if (!may_promote(step.member.node, view)) {
      progress.said = step.member.node + " does not run, and cannot vote";
      return;
    }
    const Reply reply = control_.promote(leader, step.member, answer_within);
    progress.promoted += reply.accepted ? 1 : 0;
    progress.said = reply.said;
    return;
  }
  if (step.member.voter && !may_remove(step.member.node, view)) {
    progress.said = fmt::format("{} must stay: too few voters, or too few that run, would be left", step.member.node);
    return;
  }
  const Reply reply = control_.remove(leader, step.member, answer_within);
  progress.removed += reply.accepted ? 1 : 0;
  progress.said = reply.said;
}

// The number under which the target has taken it is read back, for targets that number their servers themselves. Where
// the answer was lost, the half-made server is removed again as one that nobody knows.
void MembershipInjector::add(const Node& leader, const Node& node, const Members& members, Progress& progress) {
  const Reply reply = control_.add(leader, node, answer_within);
  progress.said = reply.said;
  if (!reply.accepted) return;
  const std::optional<Members> now = read(leader, progress.said);
  if (!now) return;
  for (const Member& member : *now) {
    if (member.node != node) continue;
    Nodes beside;
    for (const Member& other : members) beside.insert(other.node);
    control_.start_anew(node, beside);
    servers_[node] = member.server;
    ++progress.added;
    return;
  }
  progress.said = fmt::format("{} took {} and does not list it", leader, node);
}

void MembershipInjector::remove_at_once(const std::vector<Node>& nodes, const Node& leader, Progress& progress) {
  const std::optional<Members> members = read(leader, progress.said);
  if (!members) return;
  std::vector<Member> leaving;
  for (const Member& member : *members) {
    if (std::ranges::find(nodes, member.node) != nodes.end()) leaving.push_back(member);
  }
  std::vector<Reply> replies(leaving.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < leaving.size(); ++i) {
    threads.emplace_back([&, i] { replies[i] = control_.remove(leader, leaving[i], answer_within); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Reply& reply : replies) {
    progress.removed += reply.accepted ? 1 : 0;
    progress.said = reply.said;
  }
}

// Nodes that were spares, and are members no more.
void MembershipInjector::retire_strangers() {
  const Wanted members = wanted();
  for (const Node& node : cluster_.nodes()) {
    if (!home_->contains(node) && !members.contains(node)) control_.retire(node);
  }
}

}  // namespace ordeal::nemesis
