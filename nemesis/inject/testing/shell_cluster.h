// A cluster of two nodes that are shells with children: real processes, without a network.

#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "nemesis/inject/cluster.h"
#include "nemesis/inject/injector.h"
#include "nemesis/inject/process_state.h"

namespace ordeal::nemesis {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A parent and a child, both of which end at SIGTERM. The child says when both are ready for it: a SIGTERM between its
// fork and its exec would be lost.
inline constexpr const char* obedient = "trap 'exit 0' TERM; /bin/sh -c 'echo ready; exec sleep 1000' & wait";
inline constexpr const char* stubborn = "trap '' TERM; echo ready; while :; do sleep 1000; done";

class ShellCluster : public Cluster {
 public:
  explicit ShellCluster(const char* script = obedient) : script_(script) {
    for (const Node& node : nodes()) start(node);
    starts.clear();
  }
  ~ShellCluster() override {
    for (const Node& node : nodes()) crash(node);
  }

  std::vector<Node> nodes() const override { return {"n1", "n2"}; }
  std::optional<Node> leader() const override { return std::nullopt; }
  std::string address(const Node&) const override { return ""; }
  int network_namespace(const Node&) const override { return -1; }
  std::filesystem::path data_folder(const Node&) const override { return ""; }

  // The node's process group, read from /proc; zombies do not count.
  std::vector<pid_t> processes(const Node& node) const override {
    std::vector<pid_t> found;
    const auto group = groups_.find(node);
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      pid_t process = 0;
      const std::string name = entry.path().filename();
      if (std::from_chars(name.data(), name.data() + name.size(), process).ec != std::errc{}) continue;
      if (group != groups_.end() && getpgid(process) == group->second && state_of(process) != ProcessState::gone)
        found.push_back(process);
    }
    return found;
  }

  void expect_exit(const Node& node) override { expected.push_back(node); }

  std::optional<std::string> await_exit(const Node& node, milliseconds within) override {
    for (const auto deadline = steady_clock::now() + within; !processes(node).empty();) {
      if (steady_clock::now() > deadline) return std::nullopt;
      std::this_thread::sleep_for(milliseconds(1));
    }
    if (!groups_.contains(node)) return std::nullopt;
    int status = 0;
    waitpid(groups_.at(node), &status, 0);
    groups_.erase(node);
    return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                               : "exit status " + std::to_string(WEXITSTATUS(status));
  }

  void start(const Node& node) override {
    if (refuse_to_start == node) throw std::runtime_error(node + ": cannot be started");
    ASSERT_TRUE(processes(node).empty());
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    const char* arguments[] = {"/bin/sh", "-c", script_, nullptr};
    ASSERT_EQ(posix_spawn(&groups_[node], "/bin/sh", &files, &attributes, const_cast<char**>(arguments), environ), 0);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    char byte = 0;
    ASSERT_EQ(read(ends[0], &byte, 1), 1);  // "ready": the trap is set
    close(ends[0]);
    close(ends[1]);
    starts.push_back(node);
  }

  // Ends a node without anybody's wish.
  void crash(const Node& node) {
    for (const pid_t process : processes(node)) kill(process, SIGKILL);
    await_exit(node, milliseconds(5000));
  }

  std::string state(const Node& node) const {
    const auto found = processes(node);
    if (found.empty()) return "down";
    const auto stopped = std::count_if(found.begin(), found.end(),
                                       [](pid_t process) { return state_of(process) == ProcessState::stopped; });
    return stopped == 0 ? "runs" : stopped == static_cast<std::ptrdiff_t>(found.size()) ? "paused" : "partly paused";
  }

  std::vector<Node> expected, starts;
  Node refuse_to_start;

 private:
  const char* script_;
  std::map<Node, pid_t> groups_;
};

inline Aim at(Nodes nodes) {
  return {.nodes = std::move(nodes), .grudge = {}};
}

}  // namespace ordeal::nemesis
