// A node over its lives, as the sources of NodeProcesses see it: node_processes.cc starts it, node_ends.cc ends it,
// node_changes.cc changes what its next life is like.  Locks as stated.

#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "harness/cluster/node_description.h"
#include "harness/cluster/node_log.h"
#include "harness/cluster/node_processes.h"
#include "nemesis/inject/clock_patch.h"
#include "nemesis/inject/node_disk.h"

namespace ordeal::harness {

inline double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

struct NodeProcesses::Node {
  explicit Node(const NodeDescription& described)
      : description(described), log(described.folder), variables(described.variables) {}
  const std::string& name() const { return description.sandbox.name; }

  const NodeDescription& description;
  NodeLog log;
  // Guarded by mutex_.
  NodeVariables variables;
  bool joined = false;  // as a server that was added
  bool other = false;   // starts as the other version
  bool spare = false;
  bool prepared = false;  // for its first start
  pid_t session = 0;      // the started process, leader of the session; 0: nothing of it is left
  bool starting = false;  // it may run already, and fail, before running says so
  bool running = false;
  bool exit_wanted = false;
  std::optional<std::chrono::steady_clock::time_point> ready;  // since when, in its present life, where that is watched
  std::string status = "never started";                        // how it ended last
  std::unique_ptr<nemesis::NodeDisk> disk;  // null: not watched. Has its own lock, taken before mutex_
  nemesis::ClockSetting clocks;             // of the node, over all its lives
  std::uintptr_t clock_page = 0;            // in its present life; 0: its clocks are the machine's
};

struct NodeProcesses::Monitor {
  Monitor() : thread([this] { loop.run(); }) {}
  ~Monitor() {
    loop.stop();
    thread.join();
  }

  boost::asio::io_context loop{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running{loop.get_executor()};
  std::thread thread;
};

}  // namespace ordeal::harness
