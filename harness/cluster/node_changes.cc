// What the nemesis changes about nodes over their lives: clocks, version, data, membership.

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "harness/cluster/launch.h"
#include "harness/cluster/node_life.h"
#include "nemesis/inject/clock_control.h"
#include "nemesis/inject/process_state.h"

namespace ordeal::harness {

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

// --- version

void NodeProcesses::set_version(const nemesis::Node& name, bool other) {
  if (!other_) return Cluster::set_version(name, other);
  Node& node = at(name);
  const std::lock_guard lock(mutex_);
  node.other = other;
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

}  // namespace ordeal::harness
