#include "harness/cluster/node_description.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cluster/cluster_error.h"
#include "harness/cluster/find_binary.h"

namespace ordeal::harness {

namespace {

// The command usually begins with ${binary} or the binary's name; a wrapper (strace, a script) is looked up like it.
std::filesystem::path find_executable(const Target& target, const std::string& name,
                                      const std::filesystem::path& binary) {
  if (name == target.binary || name == binary.native()) return binary;
  if (const auto found = find_binary(name, binary.parent_path())) return *found;
  throw ClusterError(fmt::format(
      "target {}: command: {} is not there or may not be executed; install it or give its path", target.name, name));
}

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
  for (NodeVariables& variables : all) variables.members = members;
  return all;
}

}  // namespace

std::vector<std::string> arguments_of(const Target& target, const NodeVariables& variables, bool joins) {
  std::vector<std::string> arguments;
  for (std::size_t word = 1; word < target.command.size(); ++word) {
    arguments.push_back(substitute(target.command[word], variables));
  }
  if (!joins || !target.members) return arguments;
  for (const std::string& word : target.members->join) arguments.push_back(substitute(word, variables));
  return arguments;
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
    node.arguments = arguments_of(target, variables, false);
    node.endpoint = substitute(target.endpoint, variables);
    node.ready_url = substitute(target.ready.url, variables);
    node.ready = parse_probe_url(node.ready_url);
    if (!target.leader) continue;
    node.leader = parse_probe_url(substitute(target.leader->url, variables));
    node.leader->method = target.leader->method;
    node.leader->body = substitute(target.leader->body, variables);
  }
  return descriptions;
}

}  // namespace ordeal::harness
