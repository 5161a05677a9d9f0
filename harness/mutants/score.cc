#include "harness/mutants/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/cli/exit_code.h"

namespace ordeal::harness {
namespace {

using checker::Finding;
using checker::Verdict;

const NodeExit* first_crash(const Results& results) {
  for (const NodeExit& exit : results.exits) {
    if (!exit.expected) return &exit;
  }
  return nullptr;
}

// A node that a fault had ended refuses to run when it is started again: it ends with a status of its own, and no
// signal. Nobody had touched its disk, or its exit would be expected; so it is its own doing that it cannot go on.
bool does_not_come_back(const NodeExit& crash, const Results& results) {
  const auto ended_it = [&](const NodeExit& earlier) {
    return earlier.node == crash.node && earlier.expected && earlier.time < crash.time;
  };
  return crash.status.starts_with("exit status") && std::ranges::any_of(results.exits, ended_it);
}

// When the finding was true at the latest: its witness says so, else the load ended because of it.
std::chrono::nanoseconds moment_of(const Finding& finding, const Results& results) {
  return finding.witness ? finding.witness->completion.time : results.load_ended;
}

std::string in_words(const NodeExit& crash) {
  std::string text = fmt::format("{} ended by itself: {}", crash.node, crash.status);
  if (!crash.last_lines.empty()) text += "; " + crash.last_lines.back();
  return text;
}

// The checks by how many seeds they killed, the most frequent first.
std::string killers(const std::vector<SeedScore>& seeds) {
  std::map<std::string, int> count;
  for (const SeedScore& seed : seeds) {
    if (seed.status == MutantStatus::killed) ++count[seed.by];
  }
  std::vector<std::pair<int, std::string>> order;
  for (const auto& [by, times] : count) order.emplace_back(-times, by);
  std::sort(order.begin(), order.end());
  std::string text;
  for (const auto& [times, by] : order) text += (text.empty() ? "" : ", ") + by;
  return text;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

RunOutcome outcome_of(const Results& results) {
  RunOutcome outcome;
  outcome.verdict = results.verdict;
  outcome.load = results.load_ended - results.load_began;
  outcome.length = results.ended - results.load_began;
  const NodeExit* crash = first_crash(results);
  // The worst finding first: what a check proves outranks what did not come back. The finding about exits, and alarms
  // in the logs of a node that crashed, are the crash itself.
  for (const Verdict verdict : {Verdict::invalid, Verdict::unavailable}) {
    for (const Finding& finding : results.findings) {
      if (finding.verdict != verdict || finding.check == "exits") continue;
      if (crash != nullptr && (finding.check == "log-alarms" || moment_of(finding, results) >= crash->time)) continue;
      outcome.end = RunEnd::killed;
      outcome.by = finding.check;
      outcome.detail = finding.summary;
      return outcome;
    }
  }
  if (crash != nullptr) {
    const bool found = does_not_come_back(*crash, results);
    outcome.end = found ? RunEnd::killed : RunEnd::broken;
    if (found) outcome.by = "exits";
    outcome.detail = in_words(*crash);
    return outcome;
  }
  for (const Finding& finding : results.findings) {
    if (finding.verdict == results.verdict && finding.verdict != Verdict::valid) outcome.detail = finding.summary;
  }
  return outcome;
}

std::string to_string(MutantStatus status) {
  return status == MutantStatus::killed ? "killed" : status == MutantStatus::broken ? "broken" : "survived";
}

bool add_run(SeedScore& score, const RunOutcome& run) {
  ++score.runs;
  score.load += run.load;
  score.length += run.length;
  if (run.verdict > score.worst || (score.detail.empty() && run.end != RunEnd::undecided)) score.detail = run.detail;
  score.worst = checker::worse(score.worst, run.verdict);
  score.failed |= run.end == RunEnd::failed;
  if (run.end == RunEnd::undecided) return false;
  score.status = run.end == RunEnd::killed ? MutantStatus::killed : MutantStatus::broken;
  score.by = run.by;
  return true;
}

std::uint64_t seed_of_run(std::uint64_t seed, int run) {
  return seed + std::uint64_t{1000} * static_cast<std::uint64_t>(run);
}

MutantScore mutant_score(const Mutant& mutant, const std::string& plan, const std::vector<SeedScore>& seeds) {
  MutantScore score;
  score.name = mutant.name;
  score.tier = mutant.tier;
  score.plan = plan;
  score.by = killers(seeds);
  bool broken = false;
  std::vector<double> times;
  for (const SeedScore& seed : seeds) {
    ++score.seeds;
    score.runs += seed.runs;
    score.load_s += seed.load.count();
    if (seed.status == MutantStatus::killed) times.push_back(seed.length.count());
    // Why it is broken is what a reader must know first.
    const bool first_broken = seed.status == MutantStatus::broken && !broken;
    if (first_broken || score.detail.empty()) score.detail = seed.detail;
    broken |= seed.status == MutantStatus::broken;
  }
  score.killed_seeds = static_cast<int>(times.size());
  if (!times.empty()) {
    score.max_s = *std::max_element(times.begin(), times.end());
    score.median_s = median(std::move(times));
  }
  const bool killed = score.seeds > 0 && score.killed_seeds == score.seeds;
  score.status = broken ? MutantStatus::broken : killed ? MutantStatus::killed : MutantStatus::survived;
  return score;
}

ControlScore control_score(const std::string& name, const std::vector<SeedScore>& seeds) {
  ControlScore score;
  score.name = name;
  Verdict worst = Verdict::valid;
  bool failed = false;
  for (const SeedScore& seed : seeds) {
    score.runs += seed.runs;
    score.load_s += seed.load.count();
    if (score.detail.empty()) score.detail = seed.detail;
    worst = checker::worse(worst, seed.worst);
    failed |= seed.failed;
  }
  score.status = failed && worst < Verdict::unavailable ? "harness-failure" : checker::to_string(worst);
  return score;
}

int exit_code_of(const Scores& scores) {
  const auto any_control = [&](auto... statuses) {
    return std::any_of(scores.controls.begin(), scores.controls.end(),
                       [&](const ControlScore& control) { return ((control.status == statuses) || ...); });
  };
  if (any_control("invalid", "unavailable")) return static_cast<int>(ExitCode::violated);
  if (any_control("harness-failure")) return static_cast<int>(ExitCode::harness_failure);
  const bool all_killed = std::all_of(scores.mutants.begin(), scores.mutants.end(),
                                      [](const MutantScore& mutant) { return mutant.status == MutantStatus::killed; });
  const bool proven = all_killed && !any_control("unknown", "not-exercised");
  return static_cast<int>(proven ? ExitCode::valid : ExitCode::inconclusive);
}

}  // namespace ordeal::harness
