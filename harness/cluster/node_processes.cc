#include "harness/cluster/node_processes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/process/v2/process_handle.hpp>
#include <boost/system/system_error.hpp>
#include <condition_variable>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include "harness/cluster/child_status.h"
#include "harness/cluster/first_start.h"
#include "harness/cluster/launch.h"
#include "harness/cluster/leader_poller.h"
#include "harness/cluster/node_description.h"
#include "harness/cluster/node_log.h"
#include "harness/cluster/process_table.h"
#include "harness/cluster/readiness.h"
#include "nemesis/inject/clock_control.h"
#include "nemesis/inject/clock_patch.h"
#include "nemesis/inject/node_disk.h"
#include "nemesis/inject/process_state.h"

namespace ordeal::harness {

namespace {

namespace asio = boost::asio;
using boost::process::v2::process_handle;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

void make_folders(const std::vector<NodeDescription>& nodes) {
  for (const NodeDescription& node : nodes) {
    std::error_code error;
    std::filesystem::create_directories(node.data, error);
    if (error) throw ClusterError(fmt::format("{}: cannot be created: {}", node.data.native(), error.message()));
  }
}

}  // namespace

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
  std::optional<steady_clock::time_point> ready;  // since when, in its present life, where that is watched
  std::string status = "never started";           // how it ended last
  std::unique_ptr<nemesis::NodeDisk> disk;        // null: not watched. Has its own lock, taken before mutex_
  nemesis::ClockSetting clocks;                   // of the node, over all its lives
  std::uintptr_t clock_page = 0;                  // in its present life; 0: its clocks are the machine's
};

struct NodeProcesses::Monitor {
  Monitor() : thread([this] { loop.run(); }) {}
  ~Monitor() {
    loop.stop();
    thread.join();
  }

  asio::io_context loop{1};
  asio::executor_work_guard<asio::io_context::executor_type> keep_running{loop.get_executor()};
  std::thread thread;
};

NodeProcesses::NodeProcesses(const Target& target, std::vector<SandboxNode> nodes, std::filesystem::path binary,
                             std::filesystem::path run_folder, RunClock clock, OnExit on_exit, int spares,
                             bool watch_disks)
    : target_(target),
      other_(target.upgrade ? std::optional(other_version_of(target)) : std::nullopt),
      own_namespace_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)),
      descriptions_(describe_nodes(target, nodes, binary, run_folder, static_cast<std::size_t>(spares))),
      clock_(std::move(clock)),
      on_exit_(std::move(on_exit)),
      next_number_(static_cast<int>(descriptions_.size()) + 1) {
  make_folders(descriptions_);
  const std::size_t members = descriptions_.size() - static_cast<std::size_t>(spares);
  for (const NodeDescription& node : descriptions_) {
    nodes_.push_back(std::make_unique<Node>(node));
    nodes_.back()->spare = nodes_.size() > members;
    if (watch_disks) {
      nodes_.back()->disk = std::make_unique<nemesis::NodeDisk>(
          node.data, node.folder / "unsynced", [this, name = node.sandbox.name] { expect_exit(name); },
          target.journaled_names);
    }
  }
  if (target.leader) poller_ = std::make_unique<LeaderPoller>();
  monitor_ = std::make_unique<Monitor>();
  for (const NodeDescription& node : descriptions_) {
    const NodeProbes probes = probes_of(node.sandbox.name);
    if (probes.leader) poller_->follow(monitor_->loop, probes.node, *probes.leader, *probes.claim);
  }
}

NodeProcesses::~NodeProcesses() {
  stop_all(milliseconds(0));
  close(own_namespace_);
}

// --- starting

void NodeProcesses::start_all() {
  for (const auto& node : nodes_) start(*node);
}

void NodeProcesses::start(const nemesis::Node& node) {
  start(at(node));
}

void NodeProcesses::start(Node& node) {
  const std::lock_guard one_at_a_time(starting_);
  {
    const std::lock_guard lock(mutex_);
    if (node.spare) return;
  }
  launch_one(node);
}

// The caller holds starting_.
void NodeProcesses::launch_one(Node& node) {
  require_startable(node);
  if (!kill_all_of(node))
    throw ClusterError(fmt::format("{}: cannot be started: processes of its former life cannot be killed: {}",
                                   node.name(), fmt::join(processes(node), ", ")));
  const NodeDescription& description = node.description;
  auto [variables, joined, other, prepared] = [&] {
    const std::lock_guard lock(mutex_);
    return std::tuple(node.variables, node.joined, node.other, std::exchange(node.prepared, true));
  }();
  const Target& target = other ? *other_ : target_;
  std::filesystem::path executable = description.executable;
  if (other) {
    variables.binary = find_executable(target_, target.binary, variables.binary);
    executable = find_executable(target, substitute(target.command[0], variables), variables.binary);
  }
  const std::vector<std::string> arguments = arguments_of(target, variables, joined);
  prepare_start(target, description, variables, !prepared);
  const std::string mark = fmt::format("starting {} at {:.3f} s: {} {}", node.name(), seconds(clock_()),
                                       executable.native(), fmt::join(arguments, " "));
  const std::array<int, 2> output = node.log.open_for_start(mark);
  const int disk_socket = node.disk ? node.disk->begin_life() : -1;
  Launch program{executable,
                 arguments,
                 description.folder,
                 output,
                 description.sandbox,
                 disk_socket,
                 {},
                 environment_of(target, variables)};
  std::uintptr_t clock_page = 0;
  if (controls_clocks_) {
    program.at_first_instruction = [&](pid_t stopped) {
      clock_page = nemesis::control_clocks(stopped, clocks_of(node));
    };
  }
  const bool may_refuse = node.disk && node.disk->damaged();  // it may find the damage at any time
  {
    const std::lock_guard lock(mutex_);
    node.starting = true;
    node.exit_wanted = may_refuse;
  }
  try {
    watch(node, launch(program));
    const std::lock_guard lock(mutex_);
    node.clock_page = clock_page;
  } catch (const ClusterError& error) {
    {
      const std::lock_guard lock(mutex_);
      node.starting = false;
    }
    for (const int file : output) ::close(file);
    throw ClusterError(fmt::format("{}: cannot be started: {}", node.name(), error.what()));
  }
  for (const int file : output) ::close(file);
  if (disk_socket >= 0) ::close(disk_socket);
}

void NodeProcesses::require_startable(Node& node) {
  if (closed_) throw ClusterError(fmt::format("{}: cannot be started: the cluster was stopped", node.name()));
  std::unique_lock lock(mutex_);
  if (node.running && has_ended(node.session)) ended_.wait(lock, [&] { return !node.running; });
  if (node.running) throw ClusterError(fmt::format("{}: runs already (pid {})", node.name(), node.session));
}

void NodeProcesses::await_ready(std::chrono::nanoseconds within) {
  await_ready(within, nodes());
}

void NodeProcesses::await_ready(std::chrono::nanoseconds within, const std::vector<nemesis::Node>& nodes) {
  const std::vector<Unready> late = unready(within, nodes);
  if (late.empty()) return;
  std::string message;
  for (const Unready& one : late) message += fmt::format("{}: {}\n", one.node, one.why);
  const Node& first = at(late.front().node);
  const std::vector<std::string> lines = first.log.last_lines();
  throw ClusterError(fmt::format("{}{} {}", message, first.name(),
                                 lines.empty()
                                     ? fmt::format("has written nothing ({})", first.description.folder.native())
                                     : fmt::format("wrote last (all of it: {}):\n  {}",
                                                   first.description.folder.native(), fmt::join(lines, "\n  "))));
}

std::vector<Unready> NodeProcesses::unready(std::chrono::nanoseconds within,
                                            const std::vector<nemesis::Node>& nodes) const {
  std::vector<NodeProbes> awaited;
  for (const nemesis::Node& node : nodes) awaited.push_back(probes_of(node));
  return await_readiness(awaited, target_.ready.status, within,
                         [this](const nemesis::Node& name) { return how_it_ended(at(name)); });
}

std::optional<std::string> NodeProcesses::why_not_ready(const nemesis::Node& node, milliseconds within) {
  const std::vector<Unready> late = unready(within, {node});
  return late.empty() ? std::nullopt : std::optional(late.front().why);
}

void NodeProcesses::set_version(const nemesis::Node& name, bool other) {
  if (!other_) return Cluster::set_version(name, other);
  Node& node = at(name);
  const std::lock_guard lock(mutex_);
  node.other = other;
}

NodeQuestion NodeProcesses::question(const nemesis::Node& node, const Question& question) const {
  return question_to(target_, question, at(node).description, variables(node));
}

NodeProbes NodeProcesses::probes_of(const nemesis::Node& name) const {
  const NodeVariables values = variables(name);
  NodeProbes probes{.node = name,
                    .ready = question(name, target_.ready.question),
                    .ready_matches = substitute(target_.ready.matches, values),
                    .leader = std::nullopt,
                    .claim = target_.leader};
  if (!target_.leader) return probes;
  probes.leader = question(name, target_.leader->question);
  probes.claim->equals = substitute(target_.leader->equals, values);
  probes.claim->matches = substitute(target_.leader->matches, values);
  return probes;
}

// --- ends

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
  node.log.mark(fmt::format("{} (pid {}) ended at {:.3f} s: {}{}", node.name(), pid, seconds(exit.time), exit.status,
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

// --- readiness while it runs

void NodeProcesses::watch_readiness(const nemesis::Node& name) {
  Node& node = at(name);
  const pid_t life = life_of(node);
  const auto lives = [this, &node, life] { return life != 0 && life_of(node) == life; };
  const auto ready = [this, &node, life] {
    const std::lock_guard lock(mutex_);
    if (node.running && node.session == life && !node.ready) node.ready = steady_clock::now();
  };
  asio::co_spawn(monitor_->loop, ask_until_ready(probes_of(name), target_.ready.status, lives, ready), asio::detached);
}

std::optional<steady_clock::time_point> NodeProcesses::ready_since(const nemesis::Node& name) const {
  const Node& node = at(name);
  const std::lock_guard lock(mutex_);
  return node.running ? node.ready : std::nullopt;
}

// The process that was started; 0: it does not run.
pid_t NodeProcesses::life_of(const Node& node) const {
  const std::lock_guard lock(mutex_);
  return node.running ? node.session : 0;
}

// --- processes

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

// --- clocks

// Not while a node starts, which would take the setting from before.
void NodeProcesses::set_clocks(const nemesis::Node& name, const nemesis::ClockSetting& setting) {
  if (!controls_clocks_) return Cluster::set_clocks(name, setting);
  Node& node = at(name);
  const std::lock_guard none_starts(starting_);
  const std::uintptr_t page = [&] {
    const std::lock_guard lock(mutex_);
    node.clocks = setting;
    return node.clock_page;
  }();
  for (const pid_t process : processes(node)) nemesis::set_clocks(process, page, setting);
}

nemesis::ClockReport NodeProcesses::read_clocks(const nemesis::Node& name) const {
  Node& node = at(name);
  const std::uintptr_t page = [&] {
    const std::lock_guard lock(mutex_);
    return node.clock_page;
  }();
  nemesis::ClockReport report;
  for (const pid_t process : processes(node)) {
    if (const std::optional<nemesis::ClockSlot> slot = nemesis::current_slot(process, page)) {
      ++report.controlled;
      report.wall = report.wall + slot->wall;
      report.monotonic = report.monotonic + slot->monotonic;
    } else if (nemesis::state_of(process) != nemesis::ProcessState::gone) {
      ++report.beyond;
    }
  }
  return report;
}

nemesis::ClockSetting NodeProcesses::clocks_of(const Node& node) const {
  const std::lock_guard lock(mutex_);
  return node.clocks;
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

// --- changes of the membership

std::vector<nemesis::Node> NodeProcesses::all_nodes() const {
  std::vector<nemesis::Node> names;
  for (const auto& node : nodes_) names.push_back(node->name());
  return names;
}

nemesis::Nodes NodeProcesses::spares() const {
  const std::lock_guard lock(mutex_);
  nemesis::Nodes names;
  for (const auto& node : nodes_)
    if (node->spare) names.insert(node->name());
  return names;
}

NodeVariables NodeProcesses::variables(const nemesis::Node& node) const {
  const Node& found = at(node);
  const std::lock_guard lock(mutex_);
  return found.variables;
}

void NodeProcesses::start_anew(const nemesis::Node& name, int number, const nemesis::Nodes& beside) {
  Node& node = at(name);
  const std::lock_guard one_at_a_time(starting_);
  expect_exit(name);
  if (!kill_all_of(node)) throw ClusterError(fmt::format("{}: cannot be replaced: its processes do not end", name));
  empty_data(node);
  {
    const std::lock_guard lock(mutex_);
    node.variables.id = number;
    std::vector<NodeVariables> members;
    for (const auto& other : nodes_) {
      if (other.get() == &node || beside.contains(other->name())) members.push_back(other->variables);
    }
    node.variables.members = members_text(target_, members);
    node.variables.cluster.clear();
    for (const NodeVariables& member : members) {
      node.variables.cluster.push_back({.node = member.node, .id = std::to_string(member.id), .ip = member.ip});
    }
    node.joined = true;
    node.spare = false;
  }
  launch_one(node);
}

std::uintmax_t NodeProcesses::empty_data(const nemesis::Node& name) {
  const std::lock_guard one_at_a_time(starting_);
  return empty_data(at(name));
}

// The caller holds starting_.
std::uintmax_t NodeProcesses::empty_data(Node& node) {
  std::error_code error;
  const std::uintmax_t removed = std::filesystem::remove_all(node.description.data, error);
  if (node.disk) node.disk->forget();
  if (!error) std::filesystem::create_directories(node.description.data, error);
  if (error) {
    throw ClusterError(fmt::format("{}: cannot be emptied: {}", node.description.data.native(), error.message()));
  }
  const std::lock_guard lock(mutex_);
  node.prepared = false;
  return removed - std::min<std::uintmax_t>(removed, 1);  // the folder itself counts as one
}

void NodeProcesses::retire(const nemesis::Node& name) {
  Node& node = at(name);
  const std::lock_guard one_at_a_time(starting_);
  {
    const std::lock_guard lock(mutex_);
    node.spare = true;
  }
  expect_exit(name);
  if (!kill_all_of(node)) throw ClusterError(fmt::format("{}: its processes do not end", name));
}

// --- what does not change, and the leader

NodeProcesses::Node& NodeProcesses::at(const nemesis::Node& name) const {
  for (const auto& node : nodes_)
    if (node->name() == name) return *node;
  throw ClusterError(fmt::format("{}: this cluster has no such node", name));
}

std::vector<nemesis::Node> NodeProcesses::nodes() const {
  const std::lock_guard lock(mutex_);
  std::vector<nemesis::Node> names;
  for (const auto& node : nodes_)
    if (!node->spare) names.push_back(node->name());
  return names;
}

std::optional<nemesis::Node> NodeProcesses::leader() const {
  return poller_ ? poller_->leader() : std::nullopt;
}

void NodeProcesses::observe_leader_closely(bool closely) {
  if (poller_) poller_->hurry(closely);
}

std::vector<std::filesystem::path> NodeProcesses::outputs(const nemesis::Node& node) const {
  const std::filesystem::path& folder = at(node).description.folder;
  return {folder / kStandardOutput, folder / kStandardError};
}

std::string NodeProcesses::endpoint(const nemesis::Node& node) const {
  return at(node).description.endpoint;
}

std::string NodeProcesses::address(const nemesis::Node& node) const {
  return node == nemesis::clients_name ? Network::harness_address() : at(node).description.sandbox.address;
}

int NodeProcesses::network_namespace(const nemesis::Node& node) const {
  return node == nemesis::clients_name ? own_namespace_ : at(node).description.sandbox.network_namespace;
}

nemesis::NodeDisk* NodeProcesses::disk(const nemesis::Node& node) const {
  return at(node).disk.get();
}

std::filesystem::path NodeProcesses::data_folder(const nemesis::Node& node) const {
  return at(node).description.data;
}

}  // namespace ordeal::harness
