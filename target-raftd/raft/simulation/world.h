// What all parts of one simulation share. One thread at a time.

#pragma once

#include <functional>
#include <string>

#include "target-raftd/raft/simulation/dice.h"
#include "target-raftd/raft/simulation/options.h"
#include "target-raftd/raft/simulation/statistics.h"
#include "target-raftd/raft/simulation/timeline.h"

namespace raftd::simulation {

// One line for everything that happens; empty when nobody reads it.
using Trace = std::function<void(const std::string& line)>;

struct World {
  Options options;
  Dice dice;
  Timeline timeline;
  Statistics statistics;
  Trace trace;
};

}  // namespace raftd::simulation
