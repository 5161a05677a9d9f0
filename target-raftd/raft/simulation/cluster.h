// The simulated cluster: machines, network, clients, faults and an operator, in the phases of one run. One thread at a
// time.

#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "target-raftd/raft/simulation/client.h"
#include "target-raftd/raft/simulation/faults.h"
#include "target-raftd/raft/simulation/invariants.h"
#include "target-raftd/raft/simulation/machines.h"
#include "target-raftd/raft/simulation/network.h"
#include "target-raftd/raft/simulation/operator.h"
#include "target-raftd/raft/simulation/world.h"

namespace raftd::simulation {

class Cluster {
 public:
  Cluster(const Options& options, Trace trace);

  // All throw Violation. To be called in this order.
  void run_with_faults();
  void require_progress_in_quiet_topology();
  void heal_and_require_progress();
  void require_calm_rejoining();
  void require_agreement();

  const Statistics& statistics() const { return world_.statistics; }

 private:
  void run_until(Time end);
  void run_for_election_timeouts(std::uint64_t count);
  void require_within_bound(const std::function<bool()>& reached, const char* what);

  std::vector<Machine*> connected_majority();
  void make_quiet_topology(const std::vector<Machine*>& majority);
  bool clients_got_on(const std::vector<std::uint64_t>& before) const;
  Machine* undisputed_leader();
  bool all_agree();

  World world_;
  Network network_;
  Invariants invariants_;
  Machines machines_;
  Faults faults_;
  Operator operator_;
  std::deque<Client> clients_;
};

}  // namespace raftd::simulation
