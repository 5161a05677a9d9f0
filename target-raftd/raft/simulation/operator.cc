#include "target-raftd/raft/simulation/operator.h"

#include <fmt/core.h>

#include <vector>

#include "target-raftd/raft/describe.h"

namespace raftd::simulation {

using raft::Configuration;
using raft::MembershipChange;
using raft::NodeId;

namespace {

constexpr std::size_t most_members = 7;
constexpr std::size_t most_machines = 14;

std::string describe(const MembershipChange& change) {
  const char* verbs[] = {"add learner", "promote", "remove"};
  return fmt::format("{} {}", verbs[change.index()], std::visit([](const auto& one) { return one.server; }, change));
}

}  // namespace

void Operator::start() {
  every(world_.options.change_every, &Operator::change);
  every(world_.options.transfer_every, &Operator::transfer);
}

void Operator::every(Time mean, void (Operator::*act)()) {
  if (mean == 0) {
    return;
  }
  world_.timeline.after(world_.dice.between(1, 2 * mean), [this, mean, act] {
    if (!stopped_) {
      (this->*act)();
      every(mean, act);
    }
  });
}

// One that leads, or believes so; sometimes anybody.
Machine* Operator::somebody_to_ask() {
  std::vector<Machine*> leaders = machines_.leaders();
  if (!leaders.empty() && world_.dice.chance(950)) {
    return leaders[world_.dice.below(leaders.size())];
  }
  Machine& any = machines_.at(world_.dice.between(1, machines_.all().size()));
  return any.up() ? &any : nullptr;
}

void Operator::change() {
  Machine* asked = somebody_to_ask();
  if (asked == nullptr) {
    return;
  }
  const std::size_t at_once = world_.dice.chance(200) ? 2 : 1;
  for (std::size_t i = 0; i < at_once; ++i) {
    const auto change = draw_change(asked->raft().configuration());
    if (!change) {
      return;
    }
    asked->after(0, [this, asked, change = *change] {
      if (stopped_ || !survives(asked->raft().configuration(), change)) {
        return;
      }
      const auto outcome = asked->change(change);
      const auto* refusal = std::get_if<raft::ChangeRefusal>(&outcome);
      world_.statistics.refused_changes += refusal != nullptr ? 1 : 0;
      if (world_.trace) {
        world_.trace(fmt::format("operator asks {}: {}: {}", asked->id(), describe(change),
                                 refusal != nullptr ? raft::describe(*refusal) : "accepted"));
      }
    });
  }
}

std::optional<MembershipChange> Operator::draw_change(const Configuration& configuration) {
  std::vector<NodeId> members;
  std::vector<NodeId> learners;
  std::vector<NodeId> lost;
  for (const auto& [id, member] : configuration.members) {
    members.push_back(id);
    if (!member.voter) {
      learners.push_back(id);
    }
    if (machines_.at(id).lost()) {
      lost.push_back(id);
    }
  }
  Dice& dice = world_.dice;
  const auto one_of = [&dice](const std::vector<NodeId>& ids) { return ids[dice.below(ids.size())]; };
  std::optional<MembershipChange> change;
  if (dice.chance(30)) {
    change = raft::AddLearner{dice.between(1, machines_.all().size())};  // a retired one, perhaps, or a member
  } else if (!lost.empty() && dice.chance(500)) {
    change = raft::Remove{one_of(lost)};
  } else if (!learners.empty() && dice.chance(600)) {
    change = raft::Promote{one_of(learners)};
  } else if (members.size() < most_members && dice.chance(members.size() < 3 ? 900 : 500)) {
    if (const NodeId id = newcomer(configuration); id != 0) {
      change = raft::AddLearner{id};
    }
  } else if (!members.empty()) {
    change = raft::Remove{one_of(members)};
  }
  return change;
}

// Not one after which the majority could be dead for ever.
bool Operator::survives(const Configuration& configuration, const MembershipChange& change) {
  const auto next = raft::changed(configuration, change);
  const auto* result = std::get_if<Configuration>(&next);
  return result == nullptr || machines_.survives(*result);
}

// One that waits already, perhaps because it was not added after all; otherwise a new machine.
NodeId Operator::newcomer(const Configuration& configuration) {
  for (Machine& machine : machines_.all()) {
    const NodeId id = machine.id();
    const bool waits = !configuration.contains(id) && !configuration.retired.contains(id) &&
                       !invariants_.committed_configuration().retired.contains(id) &&
                       !invariants_.committed_configuration().contains(id) && !machine.lost();
    if (waits) {
      return id;
    }
  }
  if (machines_.all().size() >= most_machines) {
    return 0;
  }
  Machine& machine = machines_.add({});
  machine.start();
  return machine.id();
}

void Operator::transfer() {
  Machine* asked = somebody_to_ask();
  if (asked == nullptr) {
    return;
  }
  const NodeId to = world_.dice.between(1, machines_.all().size());
  asked->after(0, [this, asked, to] {
    if (stopped_) {
      return;
    }
    const bool began = !asked->transfer(to);
    world_.statistics.transfers += began ? 1 : 0;
    if (world_.trace) {
      world_.trace(fmt::format("operator asks {}: hand over to {}: {}", asked->id(), to, began ? "begun" : "refused"));
    }
  });
}

}  // namespace raftd::simulation
