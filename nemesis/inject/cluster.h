// What the nemesis needs of a cluster; harness/cluster implements it. All functions may be called from any thread.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nemesis/inject/clock_report.h"
#include "nemesis/plan/clock_skew.h"
#include "nemesis/plan/fault.h"

namespace ordeal::nemesis {

class NodeDisk;

class Cluster {
 public:
  virtual ~Cluster() = default;

  virtual std::vector<Node> nodes() const = 0;     // n1, n2, ...
  virtual std::optional<Node> leader() const = 0;  // as last observed; nullopt: unknown
  // Nodes are asked who leads as often as makes sense, until it is called with false as many times as with true.
  virtual void observe_leader_closely(bool /*closely*/) {}
  // The files into which the node's output goes, over all its lives.
  virtual std::vector<std::filesystem::path> outputs(const Node& /*node*/) const { return {}; }
  // Of address() and network_namespace() the clients (packets.h) are a node, too.
  virtual std::string address(const Node& node) const = 0;    // IPv4, "10.77.0.1"
  virtual int network_namespace(const Node& node) const = 0;  // a file descriptor for setns(); stays the cluster's
  // The TCP port on which the target's nodes talk to each other; nullopt: not known.
  virtual std::optional<std::uint16_t> peer_port() const { return std::nullopt; }
  virtual int stop_signal() const { return SIGTERM; }  // asks a node to end in good order
  virtual std::filesystem::path data_folder(const Node& node) const = 0;

  // Null: the node's system calls are not watched.
  virtual NodeDisk* disk(const Node& /*node*/) const { return nullptr; }

  // Every live process of the node, children included; empty: it does not run.
  virtual std::vector<pid_t> processes(const Node& node) const = 0;

  // Of a node that does not run: nothing is left in its data folder. How many files and folders there were.
  virtual std::uintmax_t empty_data(const Node& node);

  // Says that the node's exit is now wanted, so that it is not recorded as the target's own doing. Before the signal.
  virtual void expect_exit(const Node& node) = 0;
  // Waits until no process of the node is left: how it ended ("signal 9", "exit status 0"); nullopt: still there.
  virtual std::optional<std::string> await_exit(const Node& node, std::chrono::milliseconds within) = 0;
  // Starts a node that is not running. Returns once the process exists (ready or not). Throws when it cannot be
  // started.
  virtual void start(const Node& node) = 0;

  // From now on the node, which was just started, is asked whether it is ready, as often as makes sense, until it is or
  // has ended.
  virtual void watch_readiness(const Node& /*node*/) {}
  // When its present life was first seen to be ready; nullopt: not yet, or nobody watches.
  virtual std::optional<std::chrono::steady_clock::time_point> ready_since(const Node& /*node*/) const {
    return std::nullopt;
  }
  // As which version the node starts from now on: the target's other one, or its own. A cluster of a target that has
  // two overrides it.
  virtual void set_version(const Node& node, bool other);
  // Waits until the node says that it is ready: nullopt, or why it is not.
  virtual std::optional<std::string> why_not_ready(const Node& /*node*/, std::chrono::milliseconds /*within*/) {
    return std::nullopt;
  }

  // What the clocks of a node show, from now on and when it starts again. A cluster whose clocks are under control
  // (which must be known before its nodes start) overrides both.
  virtual void set_clocks(const Node& node, const ClockSetting& setting);
  // What its programs have read of them since they were last set, or since the node was started if that was later.
  virtual ClockReport read_clocks(const Node& node) const;
};

}  // namespace ordeal::nemesis
