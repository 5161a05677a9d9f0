// What is fixed about each node before it starts: the target's templates with the node's values in them.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/cluster/node_question.h"
#include "harness/config/target.h"
#include "harness/sandbox/sandbox.h"

namespace ordeal::harness {

struct NodeDescription {
  SandboxNode sandbox;
  std::filesystem::path folder;  // nodes/n1 of the run folder, absolute; `data` and the logs are in it
  std::filesystem::path data;
  std::filesystem::path executable;
  NodeVariables variables;  // at first; of a server that joins later `id` and `members` are others
  std::string endpoint;
};

// How to ask one node whether it is ready, and whether it leads.
struct NodeProbes {
  std::string node;
  NodeQuestion ready;
  std::string ready_matches;
  std::optional<NodeQuestion> leader;
  std::optional<LeaderProbe> claim;  // what a leader answers
};

// One description a node, in their order. The last `spares` of them are no members at first. Throws ClusterError for a
// probe that is no URL or a program that is not found.
std::vector<NodeDescription> describe_nodes(const Target& target, const std::vector<SandboxNode>& nodes,
                                            const std::filesystem::path& binary,
                                            const std::filesystem::path& run_folder, std::size_t spares = 0);

// The target as its other version, which it must have.
Target other_version_of(const Target& target);

// The words of the target's command after the first; with `joins` also those of a server that was added.
std::vector<std::string> arguments_of(const Target& target, const NodeVariables& variables, bool joins);

std::map<std::string, std::string> environment_of(const Target& target, const NodeVariables& variables);

// A program that the target's YAML names: ${binary}, or one beside it or on PATH. Throws ClusterError.
std::filesystem::path find_executable(const Target& target, const std::string& name,
                                      const std::filesystem::path& binary);

// The target's part for each of `nodes`, joined by commas.
std::string members_text(const Target& target, const std::vector<NodeVariables>& nodes);

}  // namespace ordeal::harness
