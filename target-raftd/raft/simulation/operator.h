// Whoever runs the cluster: adds, promotes and removes servers, replaces those that lost their disks under new
// numbers, hands the leadership over, and sometimes asks for nonsense. One thread at a time.

#pragma once

#include <optional>

#include "target-raftd/raft/simulation/machines.h"

namespace raftd::simulation {

class Operator {
 public:
  Operator(World& world, Invariants& invariants, Machines& machines)
      : world_(world), invariants_(invariants), machines_(machines) {}

  void start();
  void stop() { stopped_ = true; }

 private:
  void every(Time mean, void (Operator::*act)());
  Machine* somebody_to_ask();
  void change();
  std::optional<raft::MembershipChange> draw_change(const raft::Configuration& configuration);
  bool survives(const raft::Configuration& configuration, const raft::MembershipChange& change);
  raft::NodeId newcomer(const raft::Configuration& configuration);
  void transfer();

  World& world_;
  Invariants& invariants_;
  Machines& machines_;
  bool stopped_ = false;
};

}  // namespace raftd::simulation
