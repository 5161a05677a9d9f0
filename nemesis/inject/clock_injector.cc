// Clock faults that overlap on a node add up (plan/clock_skew.h). What its programs were told under one setting is read
// back before the next one takes its place, and credited to every fault that lasts on that node: the page in the node
// keeps it, so nothing has to watch meanwhile.

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>

#include "nemesis/inject/clock_control.h"
#include "nemesis/inject/injector.h"
#include "nemesis/plan/names.h"

namespace ordeal::nemesis {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// For a program to ask for the time; one that did not has felt nothing yet. Short, since the schedule waits meanwhile.
constexpr milliseconds read_bound{50};
constexpr milliseconds poll_interval{1};

class ClockInjector final : public Injector {
 public:
  explicit ClockInjector(Cluster& cluster) : cluster_(cluster) {}
  Evidence inject(std::uint64_t id, const Fault& fault, const Aim& aim) override;
  Evidence heal(std::uint64_t id) override;

 private:
  // What one fault did to one node.
  struct Struck {
    LastingChange lasting;
    std::int64_t wall_before = 0, monotonic_before = 0;  // the offsets when it began
    ClockSeen wall{}, monotonic{};                       // under settings that are replaced by now
  };
  using Faults = std::map<std::uint64_t, Struck>;

  void set(const Node& node, const ClockChange* begun, RealTime now);
  void credit(const Node& node);
  void await_reads(const Nodes& nodes, const ClockChange& change) const;
  void verify(const Node& node, std::string& notes) const;

  Cluster& cluster_;
  std::map<Node, Faults> faults_;
  std::map<Node, ClockSetting> settings_;
  std::map<std::uint64_t, std::pair<ClockChange, Nodes>> active_;
};

std::uint64_t reads_of(const ClockReport& report, const ClockChange& change) {
  return (change.clock == ClockFace::monotonic ? 0 : report.wall.reads) +
         (change.clock == ClockFace::wall ? 0 : report.monotonic.reads);
}

void join(std::string& notes, const std::string& note) {
  notes += (notes.empty() ? "" : "; ") + note;
}

std::string seconds(std::int64_t nanoseconds) {
  return fmt::format("{:+.6f} s", static_cast<double>(nanoseconds) / 1e9);
}

// Collects what several nodes read.
class Findings {
 public:
  void add(const Node& node, const char* clock, const ClockSeen& seen, std::int64_t before) {
    if (seen.reads == 0) {
      join(evidence_.note, fmt::format("{} has not read its {} clock", node, clock));
      return;
    }
    reads_ += static_cast<std::int64_t>(seen.reads);
    const bool changed = seen.least != before || seen.most != before;
    if (changed) ++nodes_;
    for (const std::int64_t offset : {seen.least, seen.most})
      if (std::abs(offset - before) > std::abs(furthest_)) furthest_ = offset - before;
    join(evidence_.note, fmt::format("{} read its {} clock {} times, off by {} to {}", node, clock, seen.reads,
                                     seconds(seen.least), seconds(seen.most)));
  }
  void note(const std::string& text) { join(evidence_.note, text); }
  Evidence evidence() {
    evidence_.effect = nodes_ > 0;
    evidence_.counts = {{"clocks_off", nodes_}, {"clock_reads", reads_}, {"furthest_us", furthest_ / 1000}};
    return evidence_;
  }

 private:
  Evidence evidence_;
  std::int64_t nodes_ = 0, reads_ = 0, furthest_ = 0;
};

Evidence ClockInjector::inject(std::uint64_t id, const Fault& fault, const Aim& aim) {
  const auto& change = std::get<ClockChange>(fault);
  [[maybe_unused]] const bool is_new = active_.emplace(id, std::pair(change, aim.nodes)).second;
  assert(is_new);
  const RealTime now = real_time();
  for (const Node& node : aim.nodes) {
    credit(node);
    const ClockSetting& before = settings_[node];
    faults_[node][id] = {.lasting = {change, now},
                         .wall_before = before.wall.at(now.wall),
                         .monotonic_before = before.monotonic.at(now.monotonic)};
    set(node, &change, now);
  }
  await_reads(aim.nodes, change);
  Findings findings;
  if (const std::string amount = amount_of(change); !amount.empty()) findings.note(amount);
  for (const Node& node : aim.nodes) {
    const ClockReport report = cluster_.read_clocks(node);
    const Struck& struck = faults_[node][id];
    if (change.clock != ClockFace::monotonic) findings.add(node, "wall", report.wall, struck.wall_before);
    if (change.clock != ClockFace::wall) findings.add(node, "monotonic", report.monotonic, struck.monotonic_before);
    if (report.beyond > 0)
      findings.note(
          fmt::format("{} processes of {} execute another program than the one that was started and are told "
                      "the right time",
                      report.beyond, node));
  }
  return findings.evidence();
}

Evidence ClockInjector::heal(std::uint64_t id) {
  const auto active = active_.find(id);
  assert(active != active_.end());
  const auto [change, nodes] = active->second;
  active_.erase(active);
  Findings findings;
  if (const std::string amount = amount_of(change); !amount.empty()) findings.note(amount);
  const RealTime now = real_time();
  for (const Node& node : nodes) {
    credit(node);
    const auto struck = faults_[node].extract(id).mapped();
    if (change.clock != ClockFace::monotonic) findings.add(node, "wall", struck.wall, struck.wall_before);
    if (change.clock != ClockFace::wall) findings.add(node, "monotonic", struck.monotonic, struck.monotonic_before);
    set(node, nullptr, now);
  }
  await_reads(nodes, change);
  std::string notes;
  for (const Node& node : nodes) verify(node, notes);
  if (!notes.empty()) findings.note(notes);
  return findings.evidence();
}

void ClockInjector::set(const Node& node, const ClockChange* begun, RealTime now) {
  std::vector<LastingChange> lasting;
  for (const auto& [id, struck] : faults_[node]) lasting.push_back(struck.lasting);
  settings_[node] = setting_under(lasting, settings_[node], begun, now);
  cluster_.set_clocks(node, settings_[node]);
}

void ClockInjector::credit(const Node& node) {
  const ClockReport report = cluster_.read_clocks(node);
  for (auto& [id, struck] : faults_[node]) {
    struck.wall = struck.wall + report.wall;
    struck.monotonic = struck.monotonic + report.monotonic;
  }
}

// Until every node that runs has read a clock of those that were changed.
void ClockInjector::await_reads(const Nodes& nodes, const ClockChange& change) const {
  const auto unread = [&](const Node& node) {
    const ClockReport report = cluster_.read_clocks(node);
    return report.controlled > 0 && reads_of(report, change) == 0;
  };
  const auto deadline = steady_clock::now() + read_bound;
  while (std::ranges::any_of(nodes, unread) && steady_clock::now() < deadline)
    std::this_thread::sleep_for(poll_interval);
}

// What was read since it healed must be what the faults that still last, or none, make of it.
void ClockInjector::verify(const Node& node, std::string& notes) const {
  if (!faults_.at(node).empty()) {
    join(notes, fmt::format("the clocks of {} are still changed by {}", node, faults_.at(node).begin()->first));
    return;
  }
  const ClockReport report = cluster_.read_clocks(node);
  const std::int64_t kept = settings_.at(node).monotonic.offset;
  if (report.wall.reads > 0 && (report.wall.least != 0 || report.wall.most != 0))
    throw std::runtime_error(fmt::format("{}: its wall clock is still off by {} after healing; this is a bug of ordeal",
                                         node, seconds(report.wall.last)));
  if (report.monotonic.reads > 0 && report.monotonic.least < kept)
    throw std::runtime_error(
        fmt::format("{}: its monotonic clock went back by {} when it healed; this is a bug of ordeal", node,
                    seconds(kept - report.monotonic.least)));
  if (kept != 0) join(notes, fmt::format("the monotonic clock of {} stays off by {}", node, seconds(kept)));
}

}  // namespace

std::unique_ptr<Injector> make_clock_injector(Cluster& cluster) {
  return std::make_unique<ClockInjector>(cluster);
}

}  // namespace ordeal::nemesis
