// A cluster of fake_node programs, for tests: on loopback addresses that no other test process uses, or in namespaces.

#pragma once

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

#include "harness/cluster/node_processes.h"
#include "harness/cluster/probe.h"
#include "harness/cluster/testing/temporary_folder.h"

namespace ordeal::harness {

inline Target fake_target() {
  Target target;
  target.name = "fake";
  target.binary = "fake_node";
  target.command = {"${binary}", "${ip}:8100"};
  target.ready = {.question = question_at("http://${ip}:8100/ready")};
  target.leader = LeaderProbe{
      .question = question_at("http://${ip}:8100/status"), .field = "role", .equals = "leader", .term_field = "term"};
  target.endpoint = "${ip}:8100";
  return target;
}

inline std::vector<SandboxNode> loopback_nodes(int count) {
  const int process = ::getpid();
  std::vector<SandboxNode> nodes;
  for (int id = 1; id <= count; ++id) {
    const std::string number = std::to_string(id);
    const std::string address =
        "127." + std::to_string(1 + process / 256 % 250) + "." + std::to_string(process % 256) + "." + number;
    nodes.push_back({.name = "n" + number, .address = address, .network_namespace = -1});
  }
  return nodes;
}

// Returns whether the condition came true. The limit only ends a test that hangs.
inline bool await(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

class FakeCluster {
 public:
  explicit FakeCluster(std::vector<SandboxNode> nodes, const Target& target = fake_target(), bool watch_disks = false)
      : processes(std::make_unique<NodeProcesses>(
            target, std::move(nodes), FAKE_NODE, folder.path(),
            [began = std::chrono::steady_clock::now()] { return std::chrono::steady_clock::now() - began; },
            [this](const NodeExit& exit) {
              const std::lock_guard lock(mutex_);
              noticed_.push_back(exit.node);
            },
            0, watch_disks)) {}

  void start() {
    processes->start_all();
    processes->await_ready(std::chrono::seconds(60));
  }

  void start_again(const std::string& node) {
    processes->start(node);
    processes->await_ready(std::chrono::seconds(60));
  }

  // What the node answers; its status is 0 when it does not.
  ProbeAnswer tell(const std::string& node, const std::string& path,
                   std::chrono::milliseconds within = std::chrono::seconds(60)) {
    boost::asio::io_context loop;
    auto answer = boost::asio::co_spawn(
        loop, ask(parse_probe_url("http://" + processes->endpoint(node) + path), within), boost::asio::use_future);
    loop.run();
    return answer.get();
  }

  std::vector<std::string> noticed() const {  // the nodes that on_exit was called with
    const std::lock_guard lock(mutex_);
    return noticed_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> noticed_;

 public:
  TemporaryFolder folder;
  std::unique_ptr<NodeProcesses> processes;
};

}  // namespace ordeal::harness
