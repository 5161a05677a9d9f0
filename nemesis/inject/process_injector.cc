// Kill, stop, pause and starvation, and what they mean when they overlap on a node:
//
//   Down is a property of the node. A node is down while any kill or stop holds it, and is started again when the last
//   of them heals:            kill 1 |-------------|
//                                 kill 2 |------------------|   started here
//
//   A node that runs when it is to be started, though it had ended, was started as a new server by a change of the
//   membership, and is left alone.
//
//   Paused is a property of the processes that were paused. They are resumed when the last pause that holds them
//   heals. A kill or stop ends the pauses of its node, and a node started meanwhile is a new one that nobody paused:
//                             pause 3 |-----x            |      heals without anything left to resume
//                                   kill 4  |---------|         started here, running
//
//   Starved is a property of the node, over all its lives (starver.h). Who is paused or told to end is not starved for
//   as long.
//
// A stop of a paused node would wait for ever: SIGTERM stays pending. It is followed by SIGCONT, as service managers
// do.

#include <fmt/format.h>
#include <signal.h>

#include <cassert>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "nemesis/inject/findings.h"
#include "nemesis/inject/injector.h"
#include "nemesis/inject/process_state.h"
#include "nemesis/inject/starver.h"

namespace ordeal::nemesis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds exit_bound{5000};   // from a signal to the end of the process
constexpr milliseconds state_bound{5000};  // from SIGSTOP or SIGCONT to the state; a thread in fsync stops late
constexpr milliseconds poll_interval{1};

// A process that has ended in the meantime is not an error.
void signal_all(const Node& node, const std::vector<pid_t>& processes, int signal_number) {
  for (const pid_t process : processes)
    if (kill(process, signal_number) != 0 && errno != ESRCH)
      throw std::runtime_error(fmt::format("{}: cannot send {} to process {}: {}; a node must not change its user",
                                           node, strsignal(signal_number), process, std::strerror(errno)));
}

class ProcessInjector final : public Injector {
 public:
  explicit ProcessInjector(Cluster& cluster) : cluster_(cluster), starver_(cluster) {}
  Evidence inject(std::uint64_t id, const Fault& fault, const Aim& aim) override;
  Evidence heal(std::uint64_t id) override;

 private:
  enum class Kind : std::uint8_t { kill, stop, pause, starve };
  struct Active {
    Kind kind;
    Nodes nodes;
    Evidence evidence;
  };

  struct Stopped {
    std::size_t stopped = 0, running = 0;  // processes, as last seen
  };

  void take_down(std::uint64_t id, Kind kind, const Nodes& nodes, Findings& findings);
  bool await_end(const Node& node, Kind kind, Findings& findings);
  std::optional<std::string> end_by_force(const Node& node);
  void pause(std::uint64_t id, const Node& node, Findings& findings);
  Stopped stop_processes(const Node& node);
  void bring_up(std::uint64_t id, const Node& node, Findings& findings);
  void resume(std::uint64_t id, const Node& node, Findings& findings);
  void resume_processes(const Node& node);
  void end_pauses(const Node& node);
  void feed(std::uint64_t id, const Node& node, Findings& findings);

  Cluster& cluster_;
  std::map<std::uint64_t, Active> active_;
  std::map<Node, std::set<std::uint64_t>> down_by_, paused_by_;
  std::set<Node> survived_;  // a kill or stop
  Starver starver_;
};

Evidence ProcessInjector::inject(std::uint64_t id, const Fault& fault, const Aim& aim) {
  assert(!std::holds_alternative<Partition>(fault));
  const Kind kind = std::holds_alternative<Kill>(fault)     ? Kind::kill
                    : std::holds_alternative<Stop>(fault)   ? Kind::stop
                    : std::holds_alternative<Starve>(fault) ? Kind::starve
                                                            : Kind::pause;
  const auto [active, is_new] = active_.emplace(id, Active{kind, aim.nodes, {}});
  assert(is_new);
  Findings findings;
  if (aim.nodes.empty()) findings.note("no node was to be struck");
  if (kind == Kind::pause) {
    for (const Node& node : aim.nodes) pause(id, node, findings);
  } else if (const auto* starve = std::get_if<Starve>(&fault)) {
    for (const Node& node : aim.nodes) starver_.begin(id, node, {starve->share_percent, starve->period});
    findings.note(fmt::format("{} % of every {:g} ms", starve->share_percent,
                              std::chrono::duration<double, std::milli>(starve->period).count()));
  } else
    take_down(id, kind, aim.nodes, findings);
  active->second.evidence = findings.evidence();
  return findings.evidence();
}

// All are signalled before any is awaited, so that "all" strikes at once.
void ProcessInjector::take_down(std::uint64_t id, Kind kind, const Nodes& nodes, Findings& findings) {
  std::map<Node, std::size_t> struck;  // and how many processes each had
  for (const Node& node : nodes) {
    down_by_[node].insert(id);
    const std::vector<pid_t> processes = cluster_.processes(node);
    if (processes.empty()) {
      findings.note(node + " was already down");
      continue;
    }
    struck[node] = processes.size();
    cluster_.expect_exit(node);
    signal_all(node, processes, kind == Kind::kill ? SIGKILL : cluster_.stop_signal());
    if (kind == Kind::stop) starver_.spare(node);  // it may take its time to end
    if (kind == Kind::stop && !paused_by_[node].empty()) signal_all(node, processes, SIGCONT);
    if (!paused_by_[node].empty()) findings.note("ended the pause of " + node);
    end_pauses(node);
  }
  for (const auto& [node, processes] : struck) {
    const bool ended = await_end(node, kind, findings);
    if (kind == Kind::stop) starver_.release(node);
    if (ended) {
      findings.count("processes_ended", static_cast<std::int64_t>(processes));
    } else {
      survived_.insert(node);
    }
  }
}

bool ProcessInjector::await_end(const Node& node, Kind kind, Findings& findings) {
  std::optional<std::string> end;
  if (kind == Kind::stop) {
    end = cluster_.await_exit(node, exit_bound);
    if (!end)
      findings.note(fmt::format("{} did not end within {} s of SIG{} and was killed", node, exit_bound.count() / 1000,
                                ::sigabbrev_np(cluster_.stop_signal())));
  }
  if (!end) end = end_by_force(node);
  if (!end) {
    findings.note(fmt::format("{} did not end within {} s of SIGKILL", node, exit_bound.count() / 1000));
    return false;
  }
  findings.saw_effect();
  findings.count("nodes_down", 1);
  findings.note(fmt::format("{} ended: {}", node, *end));
  return true;
}

// A child that was forked while the others were signalled has to be found and killed too.
std::optional<std::string> ProcessInjector::end_by_force(const Node& node) {
  const auto deadline = std::chrono::steady_clock::now() + exit_bound;
  std::optional<std::string> end;
  do {
    signal_all(node, cluster_.processes(node), SIGKILL);
    end = cluster_.await_exit(node, milliseconds(100));
  } while (!end && std::chrono::steady_clock::now() < deadline);
  return end;
}

void ProcessInjector::pause(std::uint64_t id, const Node& node, Findings& findings) {
  if (cluster_.processes(node).empty()) {
    findings.note(node + " does not run");
    return;
  }
  if (!paused_by_[node].empty())
    findings.note(fmt::format("{} was already paused by {}", node, whole_of(*paused_by_[node].begin())));
  if (paused_by_[node].empty()) starver_.spare(node);
  paused_by_[node].insert(id);
  const auto [stopped, running] = stop_processes(node);
  if (stopped > 0) findings.saw_effect();
  if (running > 0) findings.note(fmt::format("{} processes of {} did not stop", running, node));
  findings.count("processes_stopped", static_cast<std::int64_t>(stopped));
}

// Until no process runs: a child that was forked before its parent stopped turns up in a later round.
ProcessInjector::Stopped ProcessInjector::stop_processes(const Node& node) {
  const auto deadline = std::chrono::steady_clock::now() + state_bound;
  for (;;) {
    const std::vector<pid_t> processes = cluster_.processes(node);
    signal_all(node, processes, SIGSTOP);
    Stopped seen;
    for (const pid_t process : processes) {
      const ProcessState state = state_of(process);
      if (state == ProcessState::stopped) ++seen.stopped;
      if (state == ProcessState::running) ++seen.running;
    }
    const bool all_stopped = seen.running == 0 && cluster_.processes(node).size() == processes.size();
    if (all_stopped || std::chrono::steady_clock::now() > deadline) return seen;
    std::this_thread::sleep_for(poll_interval);
  }
}

Evidence ProcessInjector::heal(std::uint64_t id) {
  const auto active = active_.find(id);
  assert(active != active_.end());
  const Active fault = active->second;
  active_.erase(active);
  Findings findings(fault.evidence);
  std::string failures;  // one node that cannot be healed must not keep the others from it
  for (const Node& node : fault.nodes) {
    try {
      if (fault.kind == Kind::pause)
        resume(id, node, findings);
      else if (fault.kind == Kind::starve)
        feed(id, node, findings);
      else
        bring_up(id, node, findings);
    } catch (const std::exception& error) {
      failures += fmt::format("{}{}", failures.empty() ? "" : "; ", error.what());
    }
  }
  if (!failures.empty()) throw std::runtime_error(fmt::format("healing fault {}: {}", id, failures));
  return findings.evidence();
}

void ProcessInjector::bring_up(std::uint64_t id, const Node& node, Findings& findings) {
  std::set<std::uint64_t>& holders = down_by_[node];
  holders.erase(id);
  if (!holders.empty()) {
    findings.note(fmt::format("{} is still held down by {}", node, whole_of(*holders.begin())));
    return;
  }
  if (!cluster_.processes(node).empty() && !survived_.contains(node)) {
    findings.note(node + " runs already, as a new server that was added meanwhile");
    return;
  }
  survived_.erase(node);
  if (!cluster_.processes(node).empty()) {
    if (!end_by_force(node))
      throw std::runtime_error(node + ": processes that were killed are still there; a disk that hangs keeps them");
    findings.note(node + " was still there and was killed again");
  }
  cluster_.start(node);
  if (cluster_.processes(node).empty()) findings.note(node + " ended again as soon as it was started");
  findings.count("nodes_started", 1);
}

void ProcessInjector::resume(std::uint64_t id, const Node& node, Findings& findings) {
  std::set<std::uint64_t>& holders = paused_by_[node];
  if (holders.erase(id) == 0) return;  // it did not run, or was killed or stopped meanwhile
  if (!holders.empty()) {
    findings.note(fmt::format("{} is still paused by {}", node, whole_of(*holders.begin())));
    return;
  }
  std::int64_t resumed = 0;
  for (const pid_t process : cluster_.processes(node)) resumed += state_of(process) == ProcessState::stopped ? 1 : 0;
  resume_processes(node);
  starver_.release(node);
  findings.count("processes_resumed", resumed);
  if (resumed == 0) findings.note(node + " was no longer stopped when it was to be resumed");
}

void ProcessInjector::resume_processes(const Node& node) {
  const auto deadline = std::chrono::steady_clock::now() + state_bound;
  for (;;) {
    const std::vector<pid_t> processes = cluster_.processes(node);
    signal_all(node, processes, SIGCONT);
    std::size_t stopped = 0;
    for (const pid_t process : processes) stopped += state_of(process) == ProcessState::stopped ? 1 : 0;
    if (stopped == 0) break;
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error(fmt::format("{}: {} processes are still stopped after SIGCONT", node, stopped));
    std::this_thread::sleep_for(poll_interval);
  }
}

void ProcessInjector::end_pauses(const Node& node) {
  if (!paused_by_[node].empty()) starver_.release(node);
  paused_by_[node].clear();
}

void ProcessInjector::feed(std::uint64_t id, const Node& node, Findings& findings) {
  const Hunger hunger = starver_.end(id, node);
  findings.count("stops", hunger.stops);
  findings.count("cpu_permille_before", std::lround(hunger.processors_before * 1000));
  findings.count("cpu_permille", std::lround(hunger.processors * 1000));
  if (hunger.stops == 0) {
    findings.note(node + " was never seen to stand still");
  } else {
    findings.saw_effect();
    findings.note(fmt::format("{} had {:.1f} % of a processor, {:.1f} % before", node, hunger.processors * 100,
                              hunger.processors_before * 100));
  }
  if (!starver_.starves(node) && paused_by_[node].empty()) resume_processes(node);
}

}  // namespace

std::unique_ptr<Injector> make_process_injector(Cluster& cluster) {
  return std::make_unique<ProcessInjector>(cluster);
}

}  // namespace ordeal::nemesis
