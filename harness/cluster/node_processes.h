// The node processes of one run: started in their namespaces, watched, asked who leads, stopped.
//
//   run folder/nodes/n1/stdout.log, stderr.log   appended to over restarts; the harness writes a line at each start and
//                                                end: "--- ordeal: starting n1 at 3.210 s: raftd --id=1 ..."
//   run folder/nodes/n1/data/                    the node's ${data}, kept over restarts
//
// A node is the process that was started and all that it started: it leads a session of its own. Its exit is noticed at
// once, whoever caused it. It runs with an empty signal mask, default signal handlers, standard input from /dev/null,
// no other inherited descriptor, and its folder as working directory.
//
// Threads: every function may be called from any thread. One thread of its own waits for exits and asks for the leader;
// `on_exit` is called there, so it must be quick and must not call stop_all().

#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/cluster/find_binary.h"
#include "harness/cluster/log_alarms.h"
#include "harness/config/target.h"
#include "harness/report/results.h"
#include "harness/sandbox/sandbox.h"
#include "nemesis/inject/cluster.h"

namespace ordeal::harness {

// A node that cannot be started or does not become ready. The message names the node, the reason and its last output.
class ClusterError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class NodeProcesses final : public nemesis::Cluster {
 public:
  using RunClock = std::function<std::chrono::nanoseconds()>;  // time since the run began; any thread
  using OnExit = std::function<void(const NodeExit&)>;

  // `binary`: what find_binary() found. A network_namespace of -1 in a node means: stay in this one (tests).
  NodeProcesses(const Target& target, std::vector<SandboxNode> nodes, std::filesystem::path binary,
                std::filesystem::path run_folder, RunClock clock, OnExit on_exit);
  ~NodeProcesses() override;  // kills what still runs
  NodeProcesses(const NodeProcesses&) = delete;
  NodeProcesses& operator=(const NodeProcesses&) = delete;

  void start_all();
  // Returns when every node's ready probe has answered as wanted. Throws ClusterError when a node has not within the
  // time (with what its probe said last) or exited (with how), and its last lines of output.
  void await_ready(std::chrono::nanoseconds within);
  // SIGCONT and SIGTERM to every node, SIGKILL to what is left after `grace`. These exits are expected. Returns the
  // nodes that had to be killed. Nothing can be started afterwards.
  std::vector<nemesis::Node> stop_all(std::chrono::milliseconds grace = std::chrono::seconds(5));

  std::string endpoint(const nemesis::Node& node) const;  // what clients talk to: "10.77.0.1:8100"
  // In the order of time. Expected is an exit that was announced by expect_exit() and is no crash: a node that dies of
  // SIGSEGV or SIGABRT while it is being stopped did so by itself.
  std::vector<NodeExit> exits() const;

  std::vector<nemesis::Node> nodes() const override;
  // The claim with the largest term of those that are younger than a second; nodes are asked every 150 ms. A claim ends
  // at once when its node answers otherwise, refuses the connection, or exits.
  std::optional<nemesis::Node> leader() const override;
  std::string address(const nemesis::Node& node) const override;
  int network_namespace(const nemesis::Node& node) const override;
  std::filesystem::path data_folder(const nemesis::Node& node) const override;
  // By session and by parentage, so that only a daemon that left both behind escapes. Zombies do not count.
  std::vector<pid_t> processes(const nemesis::Node& node) const override;
  void expect_exit(const nemesis::Node& node) override;
  std::optional<std::string> await_exit(const nemesis::Node& node, std::chrono::milliseconds within) override;
  // Same command line and data folder as before. What is left of the node's former life is killed first. Throws
  // ClusterError when it runs or cannot be executed.
  void start(const nemesis::Node& node) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ordeal::harness
