#include "harness/run/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "checker/counter/counter_check.h"
#include "checker/linearizable.h"
#include "checker/set/set_check.h"
#include "checker/status/status_check.h"
#include "harness/cluster/log_alarms.h"
#include "harness/report/junit.h"
#include "harness/report/quantities.h"
#include "harness/report/report_html.h"
#include "harness/report/results_json.h"
#include "harness/run/run_events.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::Finding;
using checker::Verdict;

// Fewer answered operations than this prove nothing about a cluster.
constexpr std::uint64_t least_ok_operations = 100;

bool asked(const Plan& plan, std::string_view check) {
  return std::find(plan.checks.begin(), plan.checks.end(), check) != plan.checks.end();
}

Finding judge_linearizable(const JudgeInput& input) {
  const auto began = std::chrono::steady_clock::now();
  checker::LinearizableOptions options;
  options.model = checker::ModelName::cas_register;
  options.time_limit = input.plan.check_time_limit;
  options.memory_limit = input.plan.check_memory_limit;
  options.elapsed = [began] { return std::chrono::steady_clock::now() - began; };
  options.progress = input.progress;
  return checker::check_linearizable(input.history, options).finding;
}

Finding judge_log_alarms(const JudgeInput& input) {
  Finding finding{.check = "log-alarms", .verdict = Verdict::valid, .summary = {}, .details = {}, .witness = {}};
  const std::vector<LogAlarm> alarms = scan_logs(input.folder.path(), input.target.log_alarms);
  if (alarms.empty()) {
    finding.summary = "no node wrote a line that raises an alarm";
    return finding;
  }
  finding.verdict = Verdict::invalid;
  finding.summary =
      fmt::format("{} wrote \"{}\" ({}, line {})", alarms[0].node, alarms[0].text, alarms[0].file, alarms[0].line);
  for (const LogAlarm& alarm : alarms) {
    finding.details.push_back(fmt::format("{}:{}: {}", alarm.file, alarm.line, alarm.text));
  }
  return finding;
}

// The stages and exits that the history tells, and when the load was on.
void read_stages(const checker::History& history, Results& results) {
  for (const Event& event : history) {
    if (event.process != checker::nemesis_process) continue;
    if (const auto began = run_began_of(event)) {
      results.seed = began->seed;
      results.started = began->started;
      results.repeat_command = began->command;
    }
    if (const auto name = stage_of(event)) {
      if (*name == stage::load_began) results.load_began = event.time;
      if (*name == stage::load_ended) results.load_ended = event.time;
    }
    if (auto seen = violation_of(event); seen && !results.seen_online) results.seen_online = std::move(seen);
    if (auto frozen = frozen_of(event)) results.frozen.push_back(std::move(*frozen));
    if (auto exit = exit_of(event)) results.exits.push_back(std::move(*exit));
  }
  if (history.empty()) return;
  results.ended = history.back().time;
  if (results.load_ended.count() == 0) results.load_ended = results.ended;  // cut short
}

bool reached(const checker::History& history, std::string_view name) {
  return std::any_of(history.begin(), history.end(), [&](const Event& event) { return stage_of(event) == name; });
}

}  // namespace

Finding judge_liveness(const Plan& plan, const checker::History& history) {
  Finding finding{.check = "liveness", .verdict = Verdict::valid, .summary = {}, .details = {}, .witness = {}};
  std::size_t asked_nodes = 0;
  std::chrono::nanoseconds slowest{0};
  std::vector<std::string> missing;
  for (const Event& event : history) {
    const auto recovery = recovery_of(event);
    if (!recovery) continue;
    ++asked_nodes;
    if (recovery->after) {
      slowest = std::max(slowest, *recovery->after);
    } else {
      missing.push_back(fmt::format(
          "{} served no linearizable read within {} after everything was healed; its last read ended with: {}",
          recovery->node, duration_text(plan.recovery_within), recovery->last_error));
    }
  }
  if (!missing.empty()) {
    finding.verdict = Verdict::unavailable;
    finding.summary = missing.front();
    finding.details.assign(missing.begin() + 1, missing.end());
  } else if (!reached(history, stage::ended)) {
    finding.verdict = Verdict::unknown;
    finding.summary = "the run was cut short before recovery could be judged";
  } else {
    finding.summary = fmt::format("all {} nodes served a linearizable read again within {} of healing", asked_nodes,
                                  duration_text(slowest));
  }
  return finding;
}

Finding judge_status(const Target& target, const checker::History& history) {
  if (!target.status_path.empty()) return checker::check_status(history);
  return {.check = "status",
          .verdict = Verdict::valid,
          .summary = fmt::format("not judged: target {} does not say where a node tells its status", target.name),
          .details = {},
          .witness = {}};
}

std::optional<Finding> judge_agreement(const std::optional<SeenViolation>& seen, const std::vector<Finding>& judged) {
  if (!seen || seen->check.empty()) return std::nullopt;
  const auto same =
      std::find_if(judged.begin(), judged.end(), [&](const Finding& finding) { return finding.check == seen->check; });
  if (same != judged.end() && same->verdict == Verdict::invalid) return std::nullopt;
  return Finding{
      .check = "online",
      .verdict = Verdict::unknown,
      .summary = fmt::format("while the run went on, after {}, the check {} saw a violation that the judgement at the "
                             "end does not confirm: one of the two is wrong, so that no verdict here counts",
                             duration_text(seen->time), seen->check),
      .details = {fmt::format("seen then: {}", seen->summary),
                  same == judged.end()
                      ? "judged at the end: not at all"
                      : fmt::format("judged at the end: {}: {}", checker::to_string(same->verdict), same->summary)},
      .witness = {}};
}

void require_agreement(const Results& results, const RunFolder& folder) {
  const auto disagreement = judge_agreement(results.seen_online, results.findings);
  if (!disagreement) return;
  throw std::runtime_error(
      fmt::format("{} ({}; {}). This is a bug of ordeal, not of the target: please report it with the run folder {}",
                  disagreement->summary, disagreement->details[0], disagreement->details[1], folder.path().string()));
}

Finding judge_exits(const std::vector<NodeExit>& exits) {
  Finding finding{.check = "exits", .verdict = Verdict::valid, .summary = {}, .details = {}, .witness = {}};
  for (const NodeExit& exit : exits) {
    if (exit.expected) continue;
    const std::string sentence =
        fmt::format("{} ended by itself after {}: {}", exit.node, duration_text(exit.time), exit.status);
    if (finding.verdict == Verdict::valid) {
      finding.summary = sentence;
    } else {
      finding.details.push_back(sentence);
    }
    finding.verdict = Verdict::unavailable;
    for (const std::string& line : exit.last_lines) finding.details.push_back("  | " + line);
  }
  if (finding.verdict == Verdict::valid) finding.summary = "no node ended by itself";
  return finding;
}

Finding judge_exercise(const Plan& plan, const Results& counted, bool ended_by_violation) {
  Finding finding{.check = "exercised", .verdict = Verdict::valid, .summary = {}, .details = {}, .witness = {}};
  std::uint64_t ok = 0;
  for (const auto& [f, counts] : counted.operations) ok += counts.ok;
  std::uint64_t injected = 0;
  std::uint64_t with_effect = 0;
  for (const auto& [fault, counts] : counted.faults) {
    injected += counts.injected;
    with_effect += counts.with_effect;
  }
  finding.summary =
      fmt::format("{} operations succeeded, {} of {} faults had observed effect", ok, with_effect, injected);
  if (ok < least_ok_operations) {
    finding.verdict = Verdict::not_exercised;
    finding.details.push_back(
        fmt::format("fewer than {} operations succeeded: let it run longer", least_ok_operations));
  }
  if (!plan.nemesis.faults.empty() && with_effect == 0 && !ended_by_violation) {
    finding.verdict = Verdict::not_exercised;
    finding.details.emplace_back("no fault had an observed effect: let it run longer, or see `ordeal doctor`");
  }
  return finding;
}

Results judge(const JudgeInput& input) {
  Results results;
  results.plan = input.plan.name;
  results.target = input.target.name;
  read_stages(input.history, results);
  if (input.plan.seed) results.seed = *input.plan.seed;
  count_history(input.history, results);

  if (asked(input.plan, "linearizable")) results.findings.push_back(judge_linearizable(input));
  if (asked(input.plan, "set")) results.findings.push_back(checker::check_set(input.history));
  if (asked(input.plan, "counter")) results.findings.push_back(checker::check_counter(input.history));
  if (asked(input.plan, "status")) results.findings.push_back(judge_status(input.target, input.history));
  if (asked(input.plan, "liveness")) results.findings.push_back(judge_liveness(input.plan, input.history));
  if (asked(input.plan, "log-alarms")) results.findings.push_back(judge_log_alarms(input));
  results.findings.push_back(judge_exits(results.exits));
  results.findings.push_back(
      judge_exercise(input.plan, results, results.seen_online && results.seen_online->ended_load));
  if (auto disagreement = judge_agreement(results.seen_online, results.findings)) {
    results.findings.push_back(std::move(*disagreement));
  }
  for (const Finding& finding : results.findings) results.verdict = checker::worse(results.verdict, finding.verdict);
  return results;
}

void write_reports(const Results& results, const checker::History& history, const RunFolder& folder) {
  write_file(folder.results(), to_json(results));
  write_file(folder.junit(), to_junit(results));
  ReportLinks links;
  links.plan_yaml = read_file(folder.plan());
  write_file(folder.report(), to_html(results, history, links));
}

}  // namespace ordeal::harness
