#include "target-raftd/raft/simulation/simulation.h"

#include <utility>

#include "target-raftd/raft/simulation/cluster.h"

namespace raftd::simulation {

Outcome simulate(const Options& options, Trace trace) {
  Cluster cluster(options, std::move(trace));
  Outcome outcome;
  try {
    cluster.run_with_faults();
    cluster.heal_and_require_progress();
  } catch (const Violation& violation) {
    outcome.violation = violation.what();
  }
  outcome.statistics = cluster.statistics();
  return outcome;
}

}  // namespace raftd::simulation
