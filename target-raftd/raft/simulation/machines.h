// All machines of one simulation, those that join later included. One thread at a time.

#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "target-raftd/raft/simulation/machine.h"

namespace raftd::simulation {

class Machines {
 public:
  Machines(World& world, Network& network, Invariants& invariants)
      : world_(world), network_(network), invariants_(invariants) {}

  // A machine with the next number and an empty disk, which knows this configuration. It keeps its place.
  Machine& add(const raft::Configuration& bootstrap) {
    return all_.emplace_back(world_, network_, invariants_, all_.size() + 1, bootstrap);
  }

  std::deque<Machine>& all() { return all_; }
  Machine& at(raft::NodeId id) { return all_[id - 1]; }
  bool exists(raft::NodeId id) const { return id >= 1 && id <= all_.size(); }

  // Members of the newest committed configuration whose disks are not lost.
  std::vector<Machine*> in_service() {
    std::vector<Machine*> machines;
    for (const auto& [id, member] : invariants_.committed_configuration().members) {
      if (!at(id).lost()) {
        machines.push_back(&at(id));
      }
    }
    return machines;
  }

  std::vector<Machine*> leaders() {
    std::vector<Machine*> machines;
    for (Machine& machine : all_) {
      if (machine.leads()) {
        machines.push_back(&machine);
      }
    }
    return machines;
  }

  // Those that are committed or may yet be, in a log or on the way to it.
  std::vector<raft::Configuration> configurations_in_play() const {
    std::vector<raft::Configuration> configurations = invariants_.configurations_in_play();
    for (const Machine& machine : all_) {
      if (machine.up() && !machine.raft().configuration().members.empty()) {
        configurations.push_back(machine.raft().configuration());
      }
    }
    return configurations;
  }

  // Whether enough voters are left for ever, even if the disk of `also_lost` went as well.
  bool survives(const raft::Configuration& configuration, raft::NodeId also_lost = 0) {
    const auto left = std::ranges::count_if(configuration.members, [&](const auto& member) {
      return member.second.voter && member.first != also_lost && (!exists(member.first) || !at(member.first).lost());
    });
    return 2 * static_cast<std::size_t>(left) > configuration.voters();
  }

 private:
  World& world_;
  Network& network_;
  Invariants& invariants_;
  std::deque<Machine> all_;
};

}  // namespace raftd::simulation
