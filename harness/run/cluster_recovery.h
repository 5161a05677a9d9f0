// Does every node of the cluster serve again after healing? One that refuses to run on files that the nemesis has
// damaged need not. Any thread; blocks it.

#pragma once

#include <chrono>

#include "harness/cluster/node_processes.h"
#include "harness/run/recovery.h"

namespace ordeal::harness {

// As await_recovery(), of the nodes of `options` that do not refuse; those that do are in the report, too, excused.
RecoveryReport await_recovery_of(NodeProcesses& cluster, AskOptions options, const workloads::Operation& read,
                                 std::chrono::nanoseconds within, Recorder& recorder);

}  // namespace ordeal::harness
