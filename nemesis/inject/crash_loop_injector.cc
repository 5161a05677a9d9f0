// Crash loops: a node is killed, started, and killed again before or soon after it is ready, so that it recovers from
// an interrupted start, or an interrupted recovery:
//
//   kill --down--> start --alive--> kill --down--> start --alive--> kill --down--> start, and left running
//
// Each node has a loop of its own. A kill and the start after it are a Kill of the process injector, so that a node
// that another fault holds down stays down, and one that was added anew meanwhile is left alone. What is due is done by
// go_on(), on the thread of the nemesis: nothing is killed or started while that rests.

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "nemesis/inject/findings.h"
#include "nemesis/inject/injector.h"
#include "nemesis/plan/draw.h"

namespace ordeal::nemesis {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t most_told = 10;  // kills of a node, in the note

// One node, of one fault.
struct Loop {
  Node node;
  std::uint64_t id = 0;  // of its kills
  Draw draw{0};
  int left = 0;  // kills after a start
  bool down = false;
  steady_clock::time_point started{}, due = steady_clock::time_point::max();
  std::vector<std::string> struck{};  // "12 ms", "231 ms (ready)": how long it had lived
};

struct Active {
  CrashLoop fault;
  std::vector<Loop> loops;
  Findings findings;
};

class CrashLoopInjector final : public Injector {
 public:
  CrashLoopInjector(Cluster& cluster, Injector& processes) : cluster_(cluster), processes_(processes) {}
  Evidence inject(std::uint64_t id, const Fault& fault, const Aim& aim) override;
  Evidence heal(std::uint64_t id) override;
  steady_clock::time_point go_on() override;

 private:
  void go_on(Active& active, Loop& loop);
  void take_down(Active& active, Loop& loop);
  void bring_up(Active& active, Loop& loop);
  void strike_again(Active& active, Loop& loop);
  void leave_running(Active& active, Loop& loop);

  Cluster& cluster_;
  Injector& processes_;
  std::map<std::uint64_t, Active> active_;
};

std::string told(const Loop& loop) {
  std::string text = fmt::format("{} was killed after a start {} times", loop.node, loop.struck.size());
  for (std::size_t i = 0; i < std::min(loop.struck.size(), most_told); ++i)
    text += (i == 0 ? ": " : ", ") + loop.struck[i];
  return text + (loop.struck.size() > most_told ? ", ..." : "");
}

// Of the nodes that are killed first, and so run no more, whether they had been ready is of no interest.
Evidence CrashLoopInjector::inject(std::uint64_t id, const Fault& fault, const Aim& aim) {
  const auto [found, is_new] = active_.emplace(id, Active{std::get<CrashLoop>(fault), {}, Findings()});
  assert(is_new);
  Active& active = found->second;
  Draw draw(aim.draw);
  for (const Node& node : aim.nodes) {
    Loop loop{.node = node, .id = part_of(id, active.loops.size()), .left = active.fault.times};
    loop.draw = Draw(draw.below(std::uint64_t{1} << 53));
    active.loops.push_back(std::move(loop));
  }
  if (aim.nodes.empty()) active.findings.note("no node was to be struck");
  for (Loop& loop : active.loops) take_down(active, loop);
  return active.findings.evidence();
}

void CrashLoopInjector::take_down(Active& active, Loop& loop) {
  const Evidence killed = processes_.inject(loop.id, Kill{active.fault.selector}, Aim{.nodes = {loop.node}});
  if (!killed.effect) active.findings.note(killed.note);
  loop.down = true;
  loop.due = steady_clock::now() + loop.draw.between(active.fault.down.least, active.fault.down.most);
}

void CrashLoopInjector::bring_up(Active& active, Loop& loop) {
  loop.down = false;  // whatever happens: a kill is healed once
  const Evidence started = processes_.heal(loop.id);
  for (const auto& [name, value] : started.counts)
    if (name == "nodes_started") active.findings.count(name, value);
  loop.started = steady_clock::now();
  cluster_.watch_readiness(loop.node);
}

void CrashLoopInjector::strike_again(Active& active, Loop& loop) {
  const auto ready = cluster_.ready_since(loop.node);
  const auto lived = std::chrono::ceil<std::chrono::milliseconds>(steady_clock::now() - loop.started);
  const bool ran = !cluster_.processes(loop.node).empty();
  --loop.left;
  take_down(active, loop);
  if (!ran) return;
  active.findings.saw_effect();
  active.findings.count(ready ? "killed_when_ready" : "killed_before_ready", 1);
  loop.struck.push_back(fmt::format("{} ms{}", lived.count(), ready ? " (ready)" : ""));
}

void CrashLoopInjector::go_on(Active& active, Loop& loop) {
  if (!loop.down) return strike_again(active, loop);
  bring_up(active, loop);
  loop.due = loop.left == 0 ? steady_clock::time_point::max()
                            : loop.started + loop.draw.spread(active.fault.alive.least, active.fault.alive.most);
}

steady_clock::time_point CrashLoopInjector::go_on() {
  auto next = steady_clock::time_point::max();
  for (auto& [id, active] : active_)
    for (Loop& loop : active.loops) {
      if (loop.due <= steady_clock::now()) go_on(active, loop);
      next = std::min(next, loop.due);
    }
  return next;
}

void CrashLoopInjector::leave_running(Active& active, Loop& loop) {
  if (loop.down) bring_up(active, loop);
  if (!loop.struck.empty()) active.findings.note(told(loop));
  if (loop.left > 0) active.findings.note(fmt::format("{} kills of {} were left when it healed", loop.left, loop.node));
  if (cluster_.processes(loop.node).empty()) active.findings.note(loop.node + " does not run now");
}

Evidence CrashLoopInjector::heal(std::uint64_t id) {
  const auto found = active_.find(id);
  assert(found != active_.end());
  Active active = std::move(found->second);
  active_.erase(found);
  std::string failures;  // one node that cannot be started must not keep the others from it
  for (Loop& loop : active.loops) {
    try {
      leave_running(active, loop);
    } catch (const std::exception& error) {
      failures += fmt::format("{}{}", failures.empty() ? "" : "; ", error.what());
    }
  }
  if (!failures.empty()) throw std::runtime_error(fmt::format("healing fault {}: {}", id, failures));
  return active.findings.evidence();
}

}  // namespace

std::unique_ptr<Injector> make_crash_loop_injector(Cluster& cluster, Injector& processes) {
  return std::make_unique<CrashLoopInjector>(cluster, processes);
}

}  // namespace ordeal::nemesis
