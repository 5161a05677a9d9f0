// Judges a run from what its folder holds: plan, history, logs of the nodes. `ordeal run` calls it at its end, `ordeal
// check` and `ordeal report` at any later time, also on a folder whose harness was killed. One thread at a time.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "checker/event.h"
#include "checker/status/status_check.h"
#include "checker/verdict.h"
#include "harness/config/plan.h"
#include "harness/config/target.h"
#include "harness/report/history_digest.h"
#include "harness/report/results.h"
#include "harness/run/recovery.h"
#include "harness/run/run_events.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {

struct JudgeInput {
  const Plan& plan;
  const Target& target;
  const RunFolder& folder;
  std::function<void(std::size_t decided, std::size_t total)> progress;  // of the linearizability check; may be empty
};

struct Judgement {
  Results results;
  HistoryDigest history;              // for the reports
  std::vector<std::string> warnings;  // about the history: its last line was cut short
};

// Reads the history piece by piece, and again where a check must.
Judgement judge(const JudgeInput& input);

// What the harness itself wrote into the history, as far as it was told the events.
class RunStages {
 public:
  void observe(const checker::Event& event);

  std::optional<RunBegan> began;
  std::optional<std::chrono::nanoseconds> load_began, load_ended;
  bool ended = false;
  std::vector<NodeRecovery> recoveries;
  std::vector<NodeExit> exits;
  std::optional<SeenViolation> seen_online;  // the first
  std::vector<FrozenNode> frozen;
  std::vector<PlayedStep> steps;       // of a scenario
  nemesis::Nodes damaged;              // nodes with files that the nemesis had damaged
  std::optional<DamagedFiles> excuse;  // since then a loss is the target's right
};

// The single findings, for tests. All but the log scan are functions of the history.
checker::Finding judge_liveness(const Plan& plan, const RunStages& stages);
// Of a target without a status there is nothing to judge; the summary says so.
checker::Finding judge_status(const Target& target, const checker::StatusCheck& status);
// nullopt: nothing was seen while the run went on, or `judged` confirms it.
std::optional<checker::Finding> judge_agreement(const std::optional<SeenViolation>& seen,
                                                const std::vector<checker::Finding>& judged);
// Of a scenario: did every step come to what it asks for?
checker::Finding judge_steps(const RunStages& stages);
// Turns what is invalid, or unavailable, into unknown, once a majority held damaged files, or a node was wiped: the
// target had a right to lose what it lost, so nothing is proven. The words of the finding stay among its details.
void excuse(const RunStages& stages, std::vector<checker::Finding>& findings);
checker::Finding judge_exits(const std::vector<NodeExit>& exits);
// A load that a violation ended early is excused from faults: what it found stands without them.
checker::Finding judge_exercise(const Plan& plan, const Results& counted, bool ended_by_violation);

// Throws std::runtime_error when the check beside the load saw a violation and the judgement does not confirm it: one
// of the two is wrong, which is a failure of the harness and no finding about the target.
void require_agreement(const Results& results, const RunFolder& folder);

// Writes results.json, junit.xml and report.html.
void write_reports(const Results& results, const HistoryDigest& history, const RunFolder& folder);

}  // namespace ordeal::harness
