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

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "harness/cluster/cluster_error.h"
#include "harness/cluster/node_question.h"
#include "harness/config/target.h"
#include "harness/report/results.h"
#include "harness/sandbox/sandbox.h"
#include "nemesis/inject/cluster.h"

namespace ordeal::harness {

class LeaderPoller;
struct NodeDescription;
struct NodeProbes;
struct Unready;

class NodeProcesses final : public nemesis::Cluster {
 public:
  using RunClock = std::function<std::chrono::nanoseconds()>;  // time since the run began; any thread
  using OnExit = std::function<void(const NodeExit&)>;

  // `binary`: what find_binary() found. A network_namespace of -1 in a node means: stay in this one (tests). The last
  // `spares` nodes are spares: nodes() does not name them and nothing starts them, until start_anew(). With
  // `watch_disks` the system calls of each node are watched, and disk() is there.
  NodeProcesses(const Target& target, std::vector<SandboxNode> nodes, std::filesystem::path binary,
                std::filesystem::path run_folder, RunClock clock, OnExit on_exit, int spares = 0,
                bool watch_disks = false);
  ~NodeProcesses() override;  // kills what still runs
  NodeProcesses(const NodeProcesses&) = delete;
  NodeProcesses& operator=(const NodeProcesses&) = delete;

  // From the next start on the nodes are started so that set_clocks() works. Before start_all().
  void control_clocks() { controls_clocks_ = true; }
  void start_all();
  // Returns when every node's ready probe has answered as wanted. Throws ClusterError when a node has not within the
  // time (with what its probe said last) or exited (with how), and its last lines of output.
  void await_ready(std::chrono::nanoseconds within);
  void await_ready(std::chrono::nanoseconds within, const std::vector<nemesis::Node>& nodes);
  // With the node's values. Throws ClusterError when a command's program is not found.
  NodeQuestion question(const nemesis::Node& node, const Question& question) const;
  // SIGCONT and the target's signal to every node, SIGKILL to what is left after `grace`. These exits are expected.
  // Returns the nodes that had to be killed. Nothing can be started afterwards.
  std::vector<nemesis::Node> stop_all(std::chrono::milliseconds grace = std::chrono::seconds(5));

  std::string endpoint(const nemesis::Node& node) const;  // what clients talk to: "10.77.0.1:8100"
  // In the order of time. Expected is an exit that was announced by expect_exit() and is no crash: a node that dies of
  // SIGSEGV or SIGABRT while it is being stopped did so by itself.
  std::vector<NodeExit> exits() const;

  // Changes of the membership. A number is given once: those of the first nodes are 1, 2, ...
  std::vector<nemesis::Node> all_nodes() const;  // with the spares
  nemesis::Nodes spares() const;
  NodeVariables variables(const nemesis::Node& node) const;  // as it was started last, or would be
  int new_number() { return next_number_.fetch_add(1); }
  // Whatever runs there is killed and its data folder emptied; then it starts as server `number`, with the target's
  // words for one that joins. ${members} are the nodes `beside` and itself. Throws like start().
  void start_anew(const nemesis::Node& node, int number, const nemesis::Nodes& beside);
  void retire(const nemesis::Node& node);  // killed, and a spare from now on

  std::vector<nemesis::Node> nodes() const override;  // without the spares
  // The claim with the largest term of those that are younger than a second; nodes are asked every 150 ms. A claim ends
  // at once when its node answers otherwise, refuses the connection, or exits.
  std::optional<nemesis::Node> leader() const override;
  void observe_leader_closely(bool closely) override;  // every 10 ms
  std::vector<std::filesystem::path> outputs(const nemesis::Node& node) const override;
  std::string address(const nemesis::Node& node) const override;
  int network_namespace(const nemesis::Node& node) const override;
  std::optional<std::uint16_t> peer_port() const override { return target_.peer_port; }
  int stop_signal() const override { return target_.stop_signal; }
  std::filesystem::path data_folder(const nemesis::Node& node) const override;
  nemesis::NodeDisk* disk(const nemesis::Node& node) const override;
  // What is made before its first start is made again before its next one. Throws ClusterError.
  std::uintmax_t empty_data(const nemesis::Node& node) override;
  // By session and by parentage, so that only a daemon that left both behind escapes. Zombies do not count.
  std::vector<pid_t> processes(const nemesis::Node& node) const override;
  void expect_exit(const nemesis::Node& node) override;
  std::optional<std::string> await_exit(const nemesis::Node& node, std::chrono::milliseconds within) override;
  // Same command line and data folder as before, but for set_version(). What is left of the node's former life is
  // killed first. Throws ClusterError when it runs or cannot be executed. Does nothing for a spare.
  void start(const nemesis::Node& node) override;
  void watch_readiness(const nemesis::Node& node) override;  // every 2 ms; a command every 20 ms
  std::optional<std::chrono::steady_clock::time_point> ready_since(const nemesis::Node& node) const override;
  void set_version(const nemesis::Node& node, bool other) override;
  std::optional<std::string> why_not_ready(const nemesis::Node& node, std::chrono::milliseconds within) override;
  // Throw std::runtime_error when the machine refuses.
  void set_clocks(const nemesis::Node& node, const nemesis::ClockSetting& setting) override;
  nemesis::ClockReport read_clocks(const nemesis::Node& node) const override;

 private:
  struct Node;     // what is known of one, and its present life
  struct Monitor;  // the thread and its loop

  Node& at(const nemesis::Node& name) const;
  NodeProbes probes_of(const nemesis::Node& name) const;
  std::vector<Unready> unready(std::chrono::nanoseconds within, const std::vector<nemesis::Node>& nodes) const;
  void start(Node& node);
  void launch_one(Node& node);
  std::uintmax_t empty_data(Node& node);
  void require_startable(Node& node);
  void watch(Node& node, pid_t pid);
  void record_end(Node& node, pid_t pid, int wait_status);
  std::optional<std::string> await_exit(Node& node, std::chrono::milliseconds within);
  std::optional<std::string> how_it_ended(const Node& node) const;
  std::vector<pid_t> processes(Node& node) const;
  pid_t life_of(const Node& node) const;
  nemesis::ClockSetting clocks_of(const Node& node) const;
  void signal_all_of(Node& node, int signal) const;
  bool kill_all_of(Node& node);

  const Target target_;
  const std::optional<Target> other_;  // its other version
  const int own_namespace_;            // of the network in which the harness, and so the clients, are
  const std::vector<NodeDescription> descriptions_;
  const RunClock clock_;
  const OnExit on_exit_;
  std::atomic<int> next_number_;
  std::atomic<bool> controls_clocks_ = false;
  std::vector<std::unique_ptr<Node>> nodes_;  // the list never changes
  std::unique_ptr<LeaderPoller> poller_;      // null: the target does not say who leads

  std::mutex starting_;  // held while a node starts; taken before mutex_
  bool closed_ = false;  // guarded by starting_
  mutable std::mutex mutex_;
  std::condition_variable ended_;  // a node has
  std::vector<NodeExit> exits_;    // guarded by mutex_
  std::unique_ptr<Monitor> monitor_;
};

}  // namespace ordeal::harness
