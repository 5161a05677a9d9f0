// How long a killed leader is missed: from SIGKILL to the next acknowledged write, at any surviving server. One thread.
//
// The client that measures is impatient: every few milliseconds it tries anew, over a new connection to each survivor,
// and leaves older attempts open. So the figure does not depend on how long a server holds a request while there is no
// leader, and its grain is that interval.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "target-raftd/bench/cluster.h"

namespace raftd::bench {

using Milliseconds = std::chrono::duration<double, std::milli>;

// One value for each kill. After each, the killed server is started again and must catch up.
std::vector<Milliseconds> measure_failovers(Cluster& cluster, std::size_t kills,
                                            const std::function<void(const std::string&)>& progress);

}  // namespace raftd::bench
