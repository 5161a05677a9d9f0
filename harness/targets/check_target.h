// Whether what a target's file says is true: a cluster is started, asked and stopped. Called from the program's only
// thread; it forks the sandbox.

#pragma once

#include <filesystem>

#include "harness/config/target.h"

namespace ordeal::harness {

struct TargetCheck {
  Target target;
  std::filesystem::path binary;
  std::filesystem::path folder;  // where the nodes' output and data go
  int nodes = 3;
};

// Says on standard output, line by line, what works and what does not. 0 when all that the file says works, and the
// client can do the operations of at least one workload; 255 when something does not. Throws SandboxError, and
// ClusterError when the cluster does not start: with the last lines of what a node wrote.
int check_target(const TargetCheck& check);

}  // namespace ordeal::harness
