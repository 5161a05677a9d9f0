#include "target-raftd/raft/simulation/simulation.h"

#include <utility>

#include "target-raftd/raft/simulation/cluster.h"
#include "target-raftd/raft/simulation/testing/present_seed.h"

namespace raftd::simulation {

Outcome simulate(const Options& options, Trace trace) {
  present_seed = options.seed;
  Cluster cluster(options, std::move(trace));
  Outcome outcome;
  try {
    cluster.run_with_faults();
    cluster.require_progress_in_quiet_topology();
    cluster.heal_and_require_progress();
    cluster.require_calm_rejoining();
    cluster.require_agreement();
  } catch (const Violation& violation) {
    outcome.violation = violation.what();
  }
  outcome.statistics = cluster.statistics();
  return outcome;
}

}  // namespace raftd::simulation
