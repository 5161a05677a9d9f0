// Draws what a run of a swarm does: which faults, how often, how long, how many at once. Pure; any thread.
//
// A run with every fault in it finds less than many runs with some: faults mask each other (a cluster that is killed
// every second never gets to the snapshot that a slow disk would tear). So each run of a swarm leaves out half of what
// it could do, and makes what is left strange: very often or seldom, very short or long (Groce et al., "Swarm Testing",
// ISSTA 2012).

#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "nemesis/plan/schedule.h"

namespace ordeal::nemesis {

// Every fault, with all that it can strike, that a cluster of so many nodes and spares has room for.
std::vector<FaultSpec> all_faults(int nodes, int spares);

// Some of `possible`, thinned out, for a load that lasts for `duration`. The same arguments give the same faults, with
// every standard library. Of at least one there is at least one left.
NemesisSpec draw_swarm(const std::vector<FaultSpec>& possible, std::chrono::nanoseconds duration, int nodes,
                       std::uint64_t seed);

}  // namespace ordeal::nemesis
