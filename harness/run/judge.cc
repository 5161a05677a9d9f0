#include "harness/run/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "checker/availability/availability_check.h"
#include "checker/counter/counter_check.h"
#include "checker/linearizable.h"
#include "checker/set/set_check.h"
#include "harness/check/machine.h"
#include "harness/cluster/log_alarms.h"
#include "harness/config/nemesis_section.h"
#include "harness/report/junit.h"
#include "harness/report/quantities.h"
#include "harness/report/report_html.h"
#include "harness/report/results_json.h"
#include "harness/run/history_source.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::Finding;
using checker::Verdict;

// Fewer answered operations than this prove nothing about a cluster.
constexpr std::uint64_t least_ok_operations = 100;

constexpr std::string_view excused_words = "nothing is proven, since ";

std::string_view why_excused(const DamagedFiles& files) {
  return files.majority ? "files of a majority had been damaged"
                        : "a node came back without its data folder, and so without its votes";
}

bool asked(const Plan& plan, std::string_view check) {
  return std::find(plan.checks.begin(), plan.checks.end(), check) != plan.checks.end();
}

Finding judge_linearizable(const JudgeInput& input) {
  checker::LinearizableOptions options;
  options.model = checker::ModelName::cas_register;
  options.time_limit = input.plan.check_time_limit;
  options.memory_limit = input.plan.check_memory_limit;
  options.progress = input.progress;
  lend_machine(options);
  HistoryFileSource source(input.folder.history());
  return checker::check_linearizable(source, options).finding;
}

// A check that judged event by event knows where its witness stands, but not its events: those of that key are fetched.
template <typename Check>
Finding finding_of(const Check& check, const RunFolder& folder) {
  Finding finding = check.finding({});
  if (!finding.witness) return finding;
  checker::History events;
  for_each_event(folder.history(), [&](const Event& event) {
    if (event.process != checker::nemesis_process && event.key == finding.witness->key) events.push_back(event);
  });
  return check.finding(events);
}

// What a node writes that finds its files damaged, as its YAML says it, is no alarm once they were.
bool is_refusal(const LogAlarm& alarm, const JudgeInput& input, const RunStages& stages) {
  const auto said = [&](const std::string& refusal) { return alarm.text.find(refusal) != std::string::npos; };
  return stages.damaged.contains(alarm.node) && std::ranges::any_of(input.target.refusals, said);
}

Finding judge_log_alarms(const JudgeInput& input, const RunStages& stages) {
  Finding finding{.check = "log-alarms", .verdict = Verdict::valid, .summary = {}, .details = {}, .witness = {}};
  std::vector<LogAlarm> alarms =
      scan_logs(input.folder.path(), input.target.log_alarms, 20, input.target.log_alarm_patterns);
  const auto refusals = std::stable_partition(alarms.begin(), alarms.end(),
                                              [&](const LogAlarm& one) { return !is_refusal(one, input, stages); });
  std::vector<std::string> refused;
  for (auto one = refusals; one != alarms.end(); ++one) {
    refused.push_back(fmt::format("{}:{}: rightly, since a file was damaged: {}", one->file, one->line, one->text));
  }
  alarms.erase(refusals, alarms.end());
  if (alarms.empty()) {
    finding.summary = "no node wrote a line that raises an alarm";
    finding.details = std::move(refused);
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

// Everything that one pass over the history tells.
struct Pass {
  RunStages stages;
  HistoryDigest digest;
  checker::SetCheck set;
  checker::CounterCheck counter;
  checker::StatusCheck status;
  checker::AvailabilityCheck availability;
  std::vector<std::string> warnings;

  explicit Pass(const JudgeInput& input)
      : availability({.nodes = node_names(input.plan.nodes), .within = input.plan.availability_within}) {
    const bool by_set = asked(input.plan, "set"), by_counter = asked(input.plan, "counter");
    const bool by_status = asked(input.plan, "status");
    warnings = for_each_event(input.folder.history(), [&](const Event& event) {
      digest.observe(event);
      availability.observe(event);
      if (event.process == checker::nemesis_process) {
        observe_stage(event);
        if (by_status) status.observe(event);
        return;
      }
      if (by_set) set.observe(event);
      if (by_counter) counter.observe(event);
    });
  }

  void observe_stage(const Event& event) {
    stages.observe(event);
    const auto name = stage_of(event);
    if (name == stage::load_began) {
      digest.load_began(event.time);
      availability.begin(event.time);
    }
    if (name == stage::load_ended) digest.load_ended(event.time);
    if (name == stage::load_ended || name == stage::violation || name == stage::interrupted) {
      availability.end(event.time);
    }
  }
};

void tell_stages(RunStages stages, const HistoryDigest& digest, Results& results) {
  if (stages.began) {
    results.seed = stages.began->seed;
    results.started = stages.began->started;
    results.repeat_command = stages.began->command;
  }
  results.ended = digest.end();
  results.load_began = stages.load_began.value_or(std::chrono::nanoseconds(0));
  results.load_ended = stages.load_ended.value_or(results.ended);  // cut short
  results.exits = std::move(stages.exits);
  results.seen_online = std::move(stages.seen_online);
  results.frozen = std::move(stages.frozen);
}

}  // namespace

void RunStages::observe(const Event& event) {
  if (auto run = run_began_of(event)) began = std::move(run);
  if (const auto name = stage_of(event)) {
    if (*name == stage::load_began) load_began = event.time;
    if (*name == stage::load_ended) load_ended = event.time;
    if (*name == stage::ended) ended = true;
  }
  if (auto recovery = recovery_of(event)) recoveries.push_back(std::move(*recovery));
  if (auto exit = exit_of(event)) exits.push_back(std::move(*exit));
  if (auto seen = violation_of(event); seen && !seen_online) seen_online = std::move(seen);
  if (auto node = frozen_of(event)) frozen.push_back(std::move(*node));
  if (auto step = step_of(event)) steps.push_back(std::move(*step));
  if (auto files = damaged_files_of(event)) {
    damaged.insert(files->nodes.begin(), files->nodes.end());
    if ((files->majority || files->wiped) && !excuse) excuse = std::move(*files);
  }
}

Finding judge_liveness(const Plan& plan, const RunStages& stages) {
  Finding finding{.check = "liveness", .verdict = Verdict::valid, .summary = {}, .details = {}, .witness = {}};
  std::chrono::nanoseconds slowest{0};
  std::vector<std::string> missing, excused;
  for (const NodeRecovery& recovery : stages.recoveries) {
    if (!recovery.excused.empty()) {
      excused.push_back(fmt::format("{} need not serve: {}", recovery.node, recovery.excused));
    } else if (recovery.after) {
      slowest = std::max(slowest, *recovery.after);
    } else {
      missing.push_back(fmt::format(
          "{} served no linearizable read within {} after everything was healed; its last read ended with: {}",
          recovery.node, duration_text(plan.recovery_within), recovery.last_error));
    }
  }
  if (!missing.empty()) {
    finding.verdict = Verdict::unavailable;
    finding.summary = missing.front();
    finding.details.assign(missing.begin() + 1, missing.end());
  } else if (!stages.ended) {
    finding.verdict = Verdict::unknown;
    finding.summary = "the run was cut short before recovery could be judged";
  } else {
    finding.summary = fmt::format("all {} nodes served a linearizable read again within {} of healing",
                                  stages.recoveries.size() - excused.size(), duration_text(slowest));
  }
  finding.details.insert(finding.details.end(), excused.begin(), excused.end());
  return finding;
}

Finding judge_status(const Target& target, const checker::StatusCheck& status) {
  if (!target.status_path.empty()) return status.finding();
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
  if (same != judged.end() && (same->verdict == Verdict::invalid || same->summary.starts_with(excused_words))) {
    return std::nullopt;
  }
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

Finding judge_steps(const RunStages& stages) {
  Finding finding{.check = "steps", .verdict = Verdict::valid, .summary = {}, .details = {}, .witness = {}};
  std::size_t skipped = 0;
  for (const PlayedStep& step : stages.steps) {
    const std::string where = step.line > 0 ? fmt::format("line {}, ", step.line) : "";
    const std::string sentence = fmt::format("{}{}: {}", where, step.text, step.detail);
    if (step.result == StepResult::skipped) {
      ++skipped;
      finding.details.push_back("skipped: " + sentence);
    }
    if (step.result != StepResult::failed) continue;
    if (finding.summary.empty()) {
      finding.summary = sentence;
    } else {
      finding.details.push_back(sentence);
    }
    finding.verdict = checker::worse(finding.verdict, step.verdict);
  }
  if (finding.summary.empty() && !stages.ended) {
    finding.verdict = Verdict::unknown;
    finding.summary = fmt::format("cut short after {} steps", stages.steps.size());
  } else if (finding.summary.empty()) {
    finding.summary = fmt::format("{} steps came to what they ask for{}", stages.steps.size() - skipped,
                                  skipped == 0 ? "" : fmt::format(", {} were skipped", skipped));
  }
  return finding;
}

void excuse(const RunStages& stages, std::vector<Finding>& findings) {
  if (!stages.excuse) return;
  for (Finding& finding : findings) {
    if (finding.verdict != Verdict::invalid && finding.verdict != Verdict::unavailable) continue;
    finding.verdict = Verdict::unknown;
    finding.details.insert(finding.details.begin(), finding.summary);
    finding.details.push_back(stages.excuse->note);
    finding.summary = fmt::format("{}{}: {}", excused_words, why_excused(*stages.excuse), finding.summary);
  }
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

Judgement judge(const JudgeInput& input) {
  Pass pass(input);
  Results results;
  results.plan = input.plan.name;
  results.target = input.target.name;
  const bool scenario = !pass.stages.steps.empty();
  tell_stages(pass.stages, pass.digest, results);
  if (input.plan.seed) results.seed = *input.plan.seed;
  pass.digest.count_into(results);

  if (scenario) results.findings.push_back(judge_steps(pass.stages));
  if (asked(input.plan, "linearizable")) results.findings.push_back(judge_linearizable(input));
  if (asked(input.plan, "set")) results.findings.push_back(finding_of(pass.set, input.folder));
  if (asked(input.plan, "counter")) results.findings.push_back(finding_of(pass.counter, input.folder));
  if (asked(input.plan, "status")) results.findings.push_back(judge_status(input.target, pass.status));
  if (asked(input.plan, "liveness")) results.findings.push_back(judge_liveness(input.plan, pass.stages));
  if (asked(input.plan, "availability")) results.findings.push_back(pass.availability.finding());
  if (asked(input.plan, "log-alarms")) results.findings.push_back(judge_log_alarms(input, pass.stages));
  results.findings.push_back(judge_exits(results.exits));
  // The steps of a scenario say themselves whether what they did had effect.
  if (!scenario) {
    results.findings.push_back(
        judge_exercise(input.plan, results, results.seen_online && results.seen_online->ended_load));
  }
  if (auto disagreement = judge_agreement(results.seen_online, results.findings)) {
    results.findings.push_back(std::move(*disagreement));
  }
  excuse(pass.stages, results.findings);
  for (const Finding& finding : results.findings) results.verdict = checker::worse(results.verdict, finding.verdict);
  return {.results = std::move(results), .history = std::move(pass.digest), .warnings = std::move(pass.warnings)};
}

void write_reports(const Results& results, const HistoryDigest& history, const RunFolder& folder) {
  write_file(folder.results(), to_json(results));
  write_file(folder.junit(), to_junit(results));
  ReportLinks links;
  links.plan_yaml = read_file(folder.plan());
  write_file(folder.report(), to_html(results, history, links));
}

}  // namespace ordeal::harness
