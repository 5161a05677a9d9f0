#include "harness/run/cluster_recovery.h"

#include <optional>
#include <string>
#include <utility>

#include "nemesis/inject/node_disk.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;

constexpr auto refusal_within = 1s;  // of a node whose files were damaged, before it is asked whether it serves
constexpr const char* refusal = "it refuses to run on a file that was damaged";

// A node that ended, without a crash, on files that the nemesis has damaged.
bool refuses(NodeProcesses& cluster, const nemesis::Node& node, std::chrono::milliseconds within) {
  const nemesis::NodeDisk* disk = cluster.disk(node);
  if (disk == nullptr || !disk->damaged()) return false;
  const std::optional<std::string> end = cluster.await_exit(node, within);
  return end && !end->starts_with("signal");
}

}  // namespace

RecoveryReport await_recovery_of(NodeProcesses& cluster, AskOptions options, const workloads::Operation& read,
                                 std::chrono::nanoseconds within, Recorder& recorder) {
  nemesis::Nodes refusing;
  for (const nemesis::Node& node : cluster.nodes()) {
    if (refuses(cluster, node, refusal_within)) refusing.insert(node);
  }
  std::erase_if(options.endpoints, [&](const Endpoint& endpoint) { return refusing.contains(endpoint.node); });
  RecoveryReport report{.nodes = {}, .next_process = options.first_process};
  if (!options.endpoints.empty()) report = await_recovery(options, read, within, recorder);
  for (NodeRecovery& node : report.nodes) {
    if (!node.after && refuses(cluster, node.node, 0ms)) node.excused = refusal;  // it took its time
  }
  for (const nemesis::Node& node : refusing) {
    report.nodes.push_back({.node = node, .after = {}, .attempts = 0, .last_error = {}, .excused = refusal});
  }
  return report;
}

}  // namespace ordeal::harness
