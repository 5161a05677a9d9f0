// How lives of nodes end, and what processes they have until then.

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/process/v2/process_handle.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "harness/cluster/child_status.h"
#include "harness/cluster/leader_poller.h"
#include "harness/cluster/node_life.h"
#include "harness/cluster/process_table.h"

namespace ordeal::harness {

namespace {

namespace asio = boost::asio;
using boost::process::v2::process_handle;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

}  // namespace

void NodeProcesses::watch(Node& node, pid_t pid) {
  try {
    process_handle handle(monitor_->loop.get_executor(), pid);
    {
      const std::lock_guard lock(mutex_);
      node.session = pid;
      node.starting = false;
      node.running = true;
      node.ready.reset();
    }
    const auto await_end = [](NodeProcesses& cluster, Node& watched, process_handle child) -> asio::awaitable<void> {
      boost::system::error_code error;
      const int status = co_await child.async_wait(asio::redirect_error(asio::use_awaitable, error));
      cluster.record_end(watched, child.id(), status);
    };
    asio::co_spawn(monitor_->loop, await_end(*this, node, std::move(handle)), asio::detached);
  } catch (const boost::system::system_error& error) {  // out of descriptors
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    throw ClusterError(fmt::format("cannot be watched: {}", error.code().message()));
  }
}

// On the monitor thread. The node counts as running until all is recorded, so that whoever awaits the exit finds it in
// exits().
void NodeProcesses::record_end(Node& node, pid_t pid, int wait_status) {
  NodeExit exit;
  exit.node = node.name();
  exit.time = clock_();
  exit.status = describe_status(wait_status);
  {
    const std::lock_guard lock(mutex_);
    exit.expected = node.exit_wanted && !is_crash(wait_status);
  }
  if (!exit.expected) exit.last_lines = node.log.last_lines();
  node.log.mark(fmt::format("{} (pid {}) ended at {:.3f} s: {}{}", node.name(), pid, in_seconds(exit.time), exit.status,
                            exit.expected ? "" : ", unexpectedly"));
  if (poller_) poller_->forget(node.name());
  {
    const std::lock_guard lock(mutex_);
    exits_.push_back(exit);
  }
  if (on_exit_) on_exit_(exit);
  {
    const std::lock_guard lock(mutex_);
    node.running = false;
    node.status = exit.status;
  }
  ended_.notify_all();
}

void NodeProcesses::expect_exit(const nemesis::Node& name) {
  Node& node = at(name);
  const std::lock_guard lock(mutex_);
  const bool lives = node.starting || (node.running && !has_ended(node.session));
  if (lives) node.exit_wanted = true;  // else it has ended by itself
}

std::optional<std::string> NodeProcesses::await_exit(const nemesis::Node& node, std::chrono::milliseconds within) {
  return await_exit(at(node), within);
}

std::optional<std::string> NodeProcesses::await_exit(Node& node, milliseconds within) {
  const auto deadline = steady_clock::now() + within;
  std::unique_lock lock(mutex_);
  if (!ended_.wait_until(lock, deadline, [&] { return !node.running; })) return std::nullopt;
  while (true) {
    lock.unlock();
    const bool gone = processes(node).empty();
    lock.lock();
    if (gone) return node.status;
    if (steady_clock::now() >= deadline) return std::nullopt;
    ended_.wait_until(lock, std::min(deadline, steady_clock::now() + milliseconds(2)));  // of children nobody tells
  }
}

std::optional<std::string> NodeProcesses::how_it_ended(const Node& node) const {
  const std::lock_guard lock(mutex_);
  return node.running ? std::nullopt : std::optional(node.status);
}

std::vector<NodeExit> NodeProcesses::exits() const {
  const std::lock_guard lock(mutex_);
  return exits_;
}

std::vector<pid_t> NodeProcesses::processes(const nemesis::Node& node) const {
  return processes(at(node));
}

std::vector<pid_t> NodeProcesses::processes(Node& node) const {
  const auto session = [&] {
    const std::lock_guard lock(mutex_);
    return node.session;
  }();
  if (session == 0) return {};
  const std::vector<pid_t> live = live_processes_of(session, read_process_table());
  const std::lock_guard lock(mutex_);
  // Forgotten at once, since the kernel may give the number to another process.
  if (live.empty() && !node.running && node.session == session) node.session = 0;
  return live;
}

void NodeProcesses::signal_all_of(Node& node, int signal) const {
  for (const pid_t pid : processes(node)) ::kill(pid, signal);
}

// Again and again, since a process may be forking while it is killed.
bool NodeProcesses::kill_all_of(Node& node) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  do {
    signal_all_of(node, SIGKILL);
    if (await_exit(node, milliseconds(10))) return true;
  } while (steady_clock::now() < deadline);
  return false;
}

std::vector<nemesis::Node> NodeProcesses::stop_all(milliseconds grace) {
  {
    const std::lock_guard none_starts(starting_);
    closed_ = true;
  }
  for (const auto& node : nodes_) {
    expect_exit(node->name());
    if (grace.count() == 0) continue;
    signal_all_of(*node, target_.stop_signal);
    signal_all_of(*node, SIGCONT);  // a paused one would not end
  }
  std::vector<nemesis::Node> killed;
  const auto deadline = steady_clock::now() + grace;
  for (const auto& node : nodes_) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (await_exit(*node, std::max(left, milliseconds(0)))) continue;
    killed.push_back(node->name());
    kill_all_of(*node);
  }
  return killed;
}

}  // namespace ordeal::harness
