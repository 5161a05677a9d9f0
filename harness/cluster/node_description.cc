#include "harness/cluster/node_description.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cluster/cluster_error.h"
#include "harness/cluster/find_binary.h"

namespace ordeal::harness {

// The command usually begins with ${binary} or the binary's name; a wrapper (strace, a script) is looked up like it.
std::filesystem::path find_executable(const Target& target, const std::string& name,
                                      const std::filesystem::path& binary) {
  if (name == target.binary || name == binary.native()) return binary;
  if (const auto found = find_binary(name, binary.parent_path())) return *found;
  throw ClusterError(fmt::format(
      "target {}: command: {} is not there or may not be executed; install it or give its path", target.name, name));
}

namespace {

std::vector<NodeVariables> variables_of(const Target& target, const std::vector<SandboxNode>& nodes,
                                        const std::filesystem::path& binary, const std::filesystem::path& run_folder,
                                        std::size_t spares) {
  std::vector<NodeVariables> all;
  for (const SandboxNode& node : nodes) {
    NodeVariables& variables = all.emplace_back();
    variables.node = node.name;
    variables.id = static_cast<int>(all.size());
    variables.ip = node.address;
    variables.data = run_folder / "nodes" / node.name / "data";
    variables.binary = binary;
  }
  const auto first_spare = all.end() - static_cast<std::ptrdiff_t>(std::min(spares, all.size()));
  const std::string members = members_text(target, {all.begin(), first_spare});
  std::vector<MemberVariables> cluster;
  for (auto node = all.begin(); node != first_spare; ++node) {
    cluster.push_back({.node = node->node, .id = std::to_string(node->id), .ip = node->ip});
  }
  for (NodeVariables& variables : all) {
    variables.members = members;
    variables.cluster = cluster;
  }
  return all;
}

}  // namespace

Target other_version_of(const Target& target) {
  Target other = target;
  const OtherVersion& version = *target.upgrade;
  if (!version.binary.empty()) other.binary = version.binary;
  if (!version.command.empty()) other.command = version.command;
  other.command.insert(other.command.end(), version.words.begin(), version.words.end());
  for (const auto& [name, value] : version.environment) other.environment[name] = value;
  return other;
}

std::vector<std::string> arguments_of(const Target& target, const NodeVariables& variables, bool joins) {
  std::vector<std::string> arguments = substitute({target.command.begin() + 1, target.command.end()}, variables);
  const auto add = [&](const std::vector<std::string>& words) {
    for (std::string& word : substitute(words, variables)) arguments.push_back(std::move(word));
  };
  const bool is_first = !joins && !variables.cluster.empty() && variables.cluster.front().node == variables.node;
  add(is_first ? target.words_of_first : target.words_of_others);
  if (joins && target.members) add(target.members->join);
  return arguments;
}

std::map<std::string, std::string> environment_of(const Target& target, const NodeVariables& variables) {
  std::map<std::string, std::string> environment;
  for (const auto& [name, value] : target.environment) environment[name] = substitute(value, variables);
  return environment;
}

std::string members_text(const Target& target, const std::vector<NodeVariables>& nodes) {
  std::string text;
  for (const NodeVariables& node : nodes) text += (text.empty() ? "" : ",") + substitute(target.member, node);
  return text;
}

std::vector<NodeDescription> describe_nodes(const Target& target, const std::vector<SandboxNode>& nodes,
                                            const std::filesystem::path& binary,
                                            const std::filesystem::path& run_folder, std::size_t spares) {
  if (target.command.empty()) throw ClusterError(fmt::format("target {}: command: is empty", target.name));
  const std::filesystem::path folder = std::filesystem::absolute(run_folder);
  const std::filesystem::path program = std::filesystem::absolute(binary);
  const std::vector<NodeVariables> all = variables_of(target, nodes, program, folder, spares);
  std::vector<NodeDescription> descriptions;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeVariables& variables = all[i];
    NodeDescription& node = descriptions.emplace_back();
    node.sandbox = nodes[i];
    node.data = variables.data;
    node.folder = node.data.parent_path();
    node.executable = find_executable(target, substitute(target.command[0], variables), program);
    node.variables = variables;
    node.endpoint = substitute(target.endpoint, variables);
  }
  return descriptions;
}

}  // namespace ordeal::harness
