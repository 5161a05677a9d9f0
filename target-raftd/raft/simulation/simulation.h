// One seeded run of a whole cluster in memory: faults and clients for a while, then everything heals and the cluster
// must make progress. Each run uses only its own state; several may run at once on different threads.

#pragma once

#include <optional>
#include <string>

#include "target-raftd/raft/simulation/options.h"
#include "target-raftd/raft/simulation/statistics.h"
#include "target-raftd/raft/simulation/world.h"

namespace raftd::simulation {

struct Outcome {
  std::optional<std::string> violation;  // the broken rule, and how it was broken
  Statistics statistics;
};

Outcome simulate(const Options& options, Trace trace = {});

}  // namespace raftd::simulation
