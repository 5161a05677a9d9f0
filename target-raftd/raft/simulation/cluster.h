// The simulated cluster: machines, network, clients, and the faults that befall them. One thread at a time.

#pragma once

#include <deque>
#include <vector>

#include "target-raftd/raft/simulation/client.h"
#include "target-raftd/raft/simulation/invariants.h"
#include "target-raftd/raft/simulation/machine.h"
#include "target-raftd/raft/simulation/network.h"
#include "target-raftd/raft/simulation/world.h"

namespace raftd::simulation {

class Cluster {
 public:
  Cluster(const Options& options, Trace trace);

  // Both throw Violation.
  void run_with_faults();
  void heal_and_require_progress();

  const Statistics& statistics() const { return world_.statistics; }

 private:
  void note(const std::string& line);
  void every(Time mean, void (Cluster::*fault)());
  void run_until(Time end);
  raft::NodeId victim();
  Time some_election_timeouts();

  void crash_some();
  void crash(raft::NodeId id);
  void partition();
  void pause_one();

  void stop_faults();
  bool clients_got_on(const std::vector<std::uint64_t>& before) const;
  bool all_agree() const;

  World world_;
  Network network_;
  Invariants invariants_;
  std::vector<Machine> machines_;  // the machine with id i is at i - 1
  std::vector<Client> clients_;
  bool faults_ = true;
  std::uint64_t partitions_ = 0;
};

}  // namespace raftd::simulation
