// A rolling restart into another version of the target, and back:
//
//   n3  usual ---| |--- other --------------------------| |--- usual      stopped, started, and the next one only
//   n1  usual ---------| |--- other ----------------------------| |---    when it is ready again
//   n2  usual --------------------------------------------------------    not struck: two versions side by side
//
// Which version a node starts as is a property of the node: whoever starts it meanwhile (a kill that heals) starts it
// so. A fault turns the version of its nodes, and another one that overlaps turns it once more; healing turns it back,
// unless it is to be kept: then the next one that strikes the node turns it back. A node that another fault holds down
// is not started for it, and a pause ends with its process.
//
// Evidence is what /proc shows of the nodes' first processes, before and after.

#include <fmt/format.h>

#include <cassert>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "nemesis/inject/findings.h"
#include "nemesis/inject/injector.h"
#include "nemesis/inject/program_seen.h"
#include "nemesis/plan/draw.h"

namespace ordeal::nemesis {
namespace {

using std::chrono::milliseconds;

// For a node to be ready again; other faults wait meanwhile.
constexpr milliseconds ready_bound{5000};
constexpr milliseconds exec_bound{5000};
// Of the stop of one node, for the other injector; schedules count from 1.
constexpr std::uint64_t roll_bit = std::uint64_t{1} << 61;

class UpgradeInjector final : public Injector {
 public:
  UpgradeInjector(Cluster& cluster, Injector& processes) : cluster_(cluster), processes_(processes) {}
  Evidence inject(std::uint64_t id, const Fault& fault, const Aim& aim) override;
  Evidence heal(std::uint64_t id) override;

 private:
  struct Active {
    bool keep = false;
    std::vector<Node> nodes{};  // as far as the roll came
    Nodes changed{};            // of these, that were seen to run something else afterwards
    Evidence evidence{};
  };
  struct Rolled {
    bool ran = false;      // before and after
    bool changed = false;  // what it ran
    bool ready = true;     // or down, so that nobody waits for it
  };

  void turn(std::uint64_t id, const Node& node, bool keep);
  Rolled roll(std::uint64_t id, const Node& node, Findings& findings);
  bool is_other(const Node& node) const;
  std::optional<ProgramSeen> program(const Node& node) const;

  Cluster& cluster_;
  Injector& processes_;
  std::map<std::uint64_t, Active> active_;
  std::map<Node, std::set<std::uint64_t>> turned_by_;
  Nodes kept_;  // turned, and nobody turns them back but another fault
};

bool UpgradeInjector::is_other(const Node& node) const {
  const auto turned = turned_by_.find(node);
  const std::size_t times = (turned == turned_by_.end() ? 0 : turned->second.size()) + (kept_.contains(node) ? 1 : 0);
  return times % 2 == 1;
}

void UpgradeInjector::turn(std::uint64_t id, const Node& node, bool keep) {
  if (!keep) {
    turned_by_[node].insert(id);
  } else if (kept_.erase(node) == 0) {
    kept_.insert(node);
  }
}

// A process in the midst of its exec has no words yet.
std::optional<ProgramSeen> UpgradeInjector::program(const Node& node) const {
  const auto deadline = std::chrono::steady_clock::now() + exec_bound;
  for (;;) {
    const std::vector<pid_t> processes = cluster_.processes(node);
    if (processes.empty()) return std::nullopt;
    if (std::optional<ProgramSeen> seen = program_of(processes.front())) return seen;
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(fmt::format(
          "{}: /proc does not tell what process {} runs; a node must not change its user", node, processes.front()));
    }
    std::this_thread::sleep_for(milliseconds(1));
  }
}

UpgradeInjector::Rolled UpgradeInjector::roll(std::uint64_t id, const Node& node, Findings& findings) {
  const bool other = is_other(node);
  cluster_.set_version(node, other);
  const std::string_view version = other ? "the other version" : "its own version";
  const std::optional<ProgramSeen> before = program(node);
  if (!before) {
    findings.note(fmt::format("{} is down, and is {} when it starts", node, version));
    return {};
  }
  const Evidence stopped = processes_.inject(id | roll_bit, Stop{}, Aim{.nodes = {node}});
  if (!stopped.effect) findings.note(stopped.note);
  for (const auto& [name, count] : processes_.heal(id | roll_bit).counts)
    if (name == "nodes_started") findings.count("nodes_restarted", count);
  Rolled rolled;
  if (const auto why = cluster_.why_not_ready(node, ready_bound)) {
    findings.note(fmt::format("{} was not ready within {} s: {}", node, ready_bound.count() / 1000, *why));
    rolled.ready = false;
  }
  const std::optional<ProgramSeen> after = program(node);
  rolled.ran = after.has_value();
  rolled.changed = after && *after != *before;
  if (rolled.changed) {
    findings.count(other ? "nodes_turned" : "nodes_turned_back", 1);
    findings.note(fmt::format("{} runs {}: {}", node, version, difference(*before, *after)));
  } else {
    findings.note(node + (after ? " runs the same as before" : " does not run"));
  }
  return rolled;
}

Evidence UpgradeInjector::inject(std::uint64_t id, const Fault& fault, const Aim& aim) {
  const bool keep = std::get<Upgrade>(fault).keep;
  const auto [entry, is_new] = active_.emplace(id, Active{.keep = keep});
  assert(is_new);
  Active& active = entry->second;
  std::vector<Node> order(aim.nodes.begin(), aim.nodes.end());
  Draw(aim.draw).shuffle(order);
  Findings findings;
  for (const Node& node : order) {
    active.nodes.push_back(node);
    turn(id, node, keep);
    const Rolled rolled = roll(id, node, findings);
    if (rolled.changed) {
      findings.saw_effect();
      active.changed.insert(node);
    }
    if (rolled.ready) continue;
    findings.note(fmt::format("the roll ended there, at {} of {} nodes", active.nodes.size(), order.size()));
    break;
  }
  active.evidence = findings.evidence();
  return findings.evidence();
}

// All are rolled back, whether or not the one before is ready in time.
Evidence UpgradeInjector::heal(std::uint64_t id) {
  const auto found = active_.find(id);
  assert(found != active_.end());
  const Active active = std::move(found->second);
  active_.erase(found);
  Findings findings(active.evidence);
  if (active.keep) {
    findings.note("kept");
    return findings.evidence();
  }
  std::string stuck;
  for (const Node& node : active.nodes) {
    turned_by_[node].erase(id);
    const Rolled rolled = roll(id, node, findings);
    if (rolled.changed) findings.saw_effect();  // until now it ran the other one, whoever had started it so
    if (rolled.ran && !rolled.changed && active.changed.contains(node)) stuck += " " + node;
  }
  if (!stuck.empty()) {
    throw std::runtime_error(
        fmt::format("healing upgrade {}: still the version to which it had been turned:{}", id, stuck));
  }
  return findings.evidence();
}

}  // namespace

void Cluster::set_version(const Node& node, bool /*other*/) {
  throw std::runtime_error(node + ": its cluster knows no other version");
}

std::unique_ptr<Injector> make_upgrade_injector(Cluster& cluster, Injector& processes) {
  return std::make_unique<UpgradeInjector>(cluster, processes);
}

}  // namespace ordeal::nemesis
