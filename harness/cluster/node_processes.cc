#include "harness/cluster/node_processes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <system_error>
#include <tuple>
#include <utility>

#include "harness/cluster/child_status.h"
#include "harness/cluster/first_start.h"
#include "harness/cluster/launch.h"
#include "harness/cluster/leader_poller.h"
#include "harness/cluster/node_life.h"
#include "harness/cluster/readiness.h"
#include "nemesis/inject/clock_control.h"

namespace ordeal::harness {

namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

void make_folders(const std::vector<NodeDescription>& nodes) {
  for (const NodeDescription& node : nodes) {
    std::error_code error;
    std::filesystem::create_directories(node.data, error);
    if (error) throw ClusterError(fmt::format("{}: cannot be created: {}", node.data.native(), error.message()));
  }
}

}  // namespace

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
  const std::string mark = fmt::format("starting {} at {:.3f} s: {} {}", node.name(), in_seconds(clock_()),
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
