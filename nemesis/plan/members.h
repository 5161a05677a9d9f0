// Which servers a change of the membership adds, removes and promotes, and in which order. Pure; any thread.
//
// The nemesis knows whom it wants to be a member (`Wanted`) and reads from the target who is one (`Members`);
// next_step() leads from the one to the other, one server at a time. So a request whose answer was lost, or a change
// that another leader took back, needs no memory: the next look at the members says what is left to do.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nemesis/plan/fault.h"

namespace ordeal::nemesis {

struct Member {
  Node node;
  std::string server;  // its number, or name, as the target tells it; another one each time that the node joins
  bool voter = true;
  bool operator==(const Member&) const = default;
};
using Members = std::vector<Member>;

// Whom the nemesis wants to be a member, and whether it shall vote.
using Wanted = std::map<Node, bool>;

struct MembershipView {
  Members members;
  Nodes running{};                            // of all nodes
  std::optional<Node> leader = std::nullopt;  // nullopt: nobody is known to lead
  Nodes spares{};
  int least_voters = 3;
};

std::size_t voters(const Members& members);

// Whether the voters that are left without `node` are at least `least_voters`, and a majority of them runs.
bool may_remove(const Node& node, const MembershipView& view);

// Whether that learner runs: a voter that does not would only make the majority larger.
bool may_promote(const Node& node, const MembershipView& view);

// Whom `kind` strikes now: one node, or two for remove_two. Empty with the reason when it must not be done now.
struct Struck {
  std::vector<Node> nodes;
  std::string why_none;
};
Struck choose(MembershipKind kind, const MembershipView& view, std::uint64_t draw);

// What `kind` makes of the wanted members.
Wanted after(MembershipKind kind, const std::vector<Node>& struck, Wanted wanted);

struct Step {
  enum class What : std::uint8_t { add, promote, remove } what = What::add;
  Member member;  // of an addition only the node
  bool operator==(const Step&) const = default;
};

// `servers`: under which number each node is known to have joined. A member under another number is a leftover of an
// addition whose answer was lost, or a server that shall be replaced; it is removed before its node joins again.
// Promotions come before additions, since a target may allow a single learner at a time, and both before the removal of
// voters, so that there are always as many of them as can be.
// nullopt: all is as wanted.
std::optional<Step> next_step(const Wanted& wanted, const std::map<Node, std::string>& servers, const Members& members);

}  // namespace ordeal::nemesis
