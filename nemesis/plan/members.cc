#include "nemesis/plan/members.h"

#include <algorithm>
#include <cassert>

#include "nemesis/plan/draw.h"

namespace ordeal::nemesis {
namespace {

// The members without those nodes.
Members without(const Nodes& nodes, Members members) {
  std::erase_if(members, [&](const Member& member) { return nodes.contains(member.node); });
  return members;
}

std::size_t running_voters(const Members& members, const Nodes& running) {
  return static_cast<std::size_t>(std::ranges::count_if(
      members, [&](const Member& member) { return member.voter && running.contains(member.node); }));
}

bool may_lose(const Nodes& nodes, const MembershipView& view) {
  const Members left = without(nodes, view.members);
  const std::size_t count = voters(left);
  return count >= 1 && count >= static_cast<std::size_t>(std::max(view.least_voters, 1)) &&
         running_voters(left, view.running) >= count / 2 + 1;
}

bool is_voter(const Node& node, const Members& members) {
  return std::ranges::any_of(members, [&](const Member& member) { return member.node == node && member.voter; });
}

// Voters that do not lead and may be removed, in the order of the draw.
std::vector<Node> removable_followers(const MembershipView& view, Draw& draw) {
  std::vector<Node> found;
  for (const Member& member : view.members) {
    if (member.voter && member.node != view.leader && may_remove(member.node, view)) found.push_back(member.node);
  }
  draw.shuffle(found);
  return found;
}

Struck first_of(std::vector<Node> candidates, std::string why_none) {
  if (candidates.empty()) return {.nodes = {}, .why_none = std::move(why_none)};
  return {.nodes = {candidates.front()}, .why_none = {}};
}

std::vector<Node> shuffled(const Nodes& nodes, Draw& draw) {
  std::vector<Node> all(nodes.begin(), nodes.end());
  draw.shuffle(all);
  return all;
}

constexpr const char* too_few = "without it too few voters, or too few that run, would be left";

// Two at the same moment: the target may take either, both or none, so each alone must be allowed as well.
Struck choose_two(const std::vector<Node>& followers, const MembershipView& view) {
  for (const Node& one : followers) {
    for (const Node& other : followers) {
      if (one < other && may_lose({one, other}, view)) return {.nodes = {one, other}, .why_none = {}};
    }
  }
  return {.nodes = {}, .why_none = too_few};
}

}  // namespace

std::size_t voters(const Members& members) {
  return static_cast<std::size_t>(std::ranges::count_if(members, &Member::voter));
}

bool may_remove(const Node& node, const MembershipView& view) {
  return !is_voter(node, view.members) || may_lose({node}, view);
}

bool may_promote(const Node& node, const MembershipView& view) {
  return view.running.contains(node);
}

Struck choose(MembershipKind kind, const MembershipView& view, std::uint64_t draw) {
  Draw dice(draw);
  if (!view.leader) return {.nodes = {}, .why_none = "nobody was known to lead"};
  switch (kind) {
    case MembershipKind::add:
      return first_of(shuffled(view.spares, dice), "every node is a member");
    case MembershipKind::remove_follower:
    case MembershipKind::replace:
      return first_of(removable_followers(view, dice), too_few);
    case MembershipKind::remove_leader:
      if (!is_voter(*view.leader, view.members)) return {.nodes = {}, .why_none = "the leader is no voter"};
      return first_of(may_remove(*view.leader, view) ? std::vector{*view.leader} : std::vector<Node>(), too_few);
    case MembershipKind::remove_two:
      return choose_two(removable_followers(view, dice), view);
    case MembershipKind::promote: {
      Nodes learners;
      for (const Member& member : view.members) {
        if (!member.voter) learners.insert(member.node);
      }
      return first_of(shuffled(learners.empty() ? view.spares : learners, dice), "nobody is a learner or spare");
    }
  }
  assert(false && "every kind is handled");
  return {};
}

Wanted after(MembershipKind kind, const std::vector<Node>& struck, Wanted wanted) {
  for (const Node& node : struck) {
    switch (kind) {
      case MembershipKind::add:
      case MembershipKind::promote:
        wanted[node] = true;
        break;
      case MembershipKind::remove_follower:
      case MembershipKind::remove_leader:
      case MembershipKind::remove_two:
        wanted.erase(node);
        break;
      case MembershipKind::replace:
        break;  // the same node, as another server
    }
  }
  return wanted;
}

std::optional<Step> next_step(const Wanted& wanted, const std::map<Node, std::string>& servers,
                              const Members& members) {
  std::map<Node, Member> joined, leftover;
  for (const Member& member : members) {
    const auto server = servers.find(member.node);
    const bool known = server != servers.end() && server->second == member.server;
    if (!known && !member.voter) return Step{Step::What::remove, member};
    (known ? joined : leftover).emplace(member.node, member);
  }
  for (const auto& [node, voter] : wanted) {
    if (voter && joined.contains(node) && !joined.at(node).voter) return Step{Step::What::promote, joined.at(node)};
  }
  for (const auto& [node, voter] : wanted) {
    if (joined.contains(node) || leftover.contains(node)) continue;
    return Step{Step::What::add, {.node = node, .server = {}, .voter = false}};
  }
  if (!leftover.empty()) return Step{Step::What::remove, leftover.begin()->second};
  for (const auto& [node, member] : joined) {
    const auto voter = wanted.find(node);
    if (voter == wanted.end() || (member.voter && !voter->second)) return Step{Step::What::remove, member};
  }
  return std::nullopt;
}

}  // namespace ordeal::nemesis
