// From nothing to a cluster that serves: the nodes are started, and the target's setup steps are done.

#pragma once

#include "harness/cluster/node_processes.h"
#include "harness/config/target.h"

namespace ordeal::harness {

// On the calling thread. Starts the first node alone when a step wants that; then all; then does the steps. Throws
// ClusterError when a node does not start or is not ready in its time, and when a step has not succeeded in its own:
// with its last answer.
void bring_up(NodeProcesses& cluster, const Target& target);

}  // namespace ordeal::harness
