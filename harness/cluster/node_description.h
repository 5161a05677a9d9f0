// What is fixed about each node before it starts: the target's templates with the node's values in them.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/cluster/probe.h"
#include "harness/config/target.h"
#include "harness/sandbox/sandbox.h"

namespace ordeal::harness {

struct NodeDescription {
  SandboxNode sandbox;
  std::filesystem::path folder;  // nodes/n1 of the run folder, absolute; `data` and the logs are in it
  std::filesystem::path data;
  std::filesystem::path executable;
  std::vector<std::string> arguments;
  std::string endpoint;
  ProbeUrl ready;
  std::string ready_url;  // as a person reads it
  std::optional<ProbeUrl> leader;
};

// One description a node, in their order. Throws ClusterError for a probe that is no URL or a program that is not
// found.
std::vector<NodeDescription> describe_nodes(const Target& target, const std::vector<SandboxNode>& nodes,
                                            const std::filesystem::path& binary,
                                            const std::filesystem::path& run_folder);

}  // namespace ordeal::harness
