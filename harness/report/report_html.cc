#include "harness/report/report_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "harness/report/escape.h"
#include "harness/report/fault_spans.h"
#include "harness/report/quantities.h"
#include "harness/report/report_style.h"
#include "harness/report/report_tables.h"
#include "harness/report/run_chart.h"
#include "harness/report/verdict_words.h"
#include "harness/report/witness_timeline.h"

namespace ordeal::harness {
namespace {

using checker::Finding;

constexpr std::size_t most_details = 50, longest_text = 6'000, longest_plan = 200'000;

std::string section(const std::string& title, const std::string& body) {
  return body.empty() ? "" : fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", title, body);
}

std::string banner(const Results& results) {
  std::string run;
  if (!results.plan.empty()) {
    run = fmt::format("<p class=\"run\">{} on {} · seed {} · {} · {} of load</p>\n", shown(results.plan),
                      shown(results.target), results.seed, shown(results.started),
                      duration_text(results.load_ended - results.load_began));
  }
  return fmt::format("<header class=\"{}\">\n<h1>{}</h1>\n<p>{} {}.</p>\n{}</header>\n",
                     checker::to_string(results.verdict), verdict_word(results.verdict),
                     verdict_meaning(results.verdict), "This is " + exit_words(results.verdict), run);
}

std::string figure(const char* name, const std::string& value, const std::string& note) {
  return fmt::format("<div><dt>{}</dt><dd>{}<span class=\"note\">{}</span></dd></div>\n", name, value, note);
}

std::string figures(const Results& results) {
  const OutcomeCounts all = all_operations(results);
  FaultCounts faults;
  for (const auto& [fault, counts] : results.faults) {
    faults.injected += counts.injected;
    faults.with_effect += counts.with_effect;
  }
  const auto unexpected = static_cast<std::uint64_t>(
      std::count_if(results.exits.begin(), results.exits.end(), [](const NodeExit& exit) { return !exit.expected; }));
  return "<dl class=\"figures\">\n" +
         figure("operations", grouped(all.ok + all.fail + all.info),
                fmt::format("ok {}, fail {}, info {}", grouped(all.ok), grouped(all.fail), grouped(all.info))) +
         (results.latencies.max.count() == 0
              ? figure("latency", "–", all.ok == 0 ? "no operation returned ok" : "the history has no times")
              : figure("latency p50", duration_text(results.latencies.p50),
                       fmt::format("p99 {}, max {}", duration_text(results.latencies.p99),
                                   duration_text(results.latencies.max)))) +
         figure("longest without progress",
                results.longest_stall.count() == 0 ? "–" : duration_text(results.longest_stall), "while load was on") +
         figure("faults with effect", grouped(faults.with_effect), "of " + grouped(faults.injected) + " injected") +
         figure("unexpected node exits", grouped(unexpected),
                "of " + counted(results.exits.size(), "exit") + " in all") +
         "</dl>\n";
}

// Which faults raged while the impossible operation was under way.
std::string faults_meanwhile(const checker::Witness& witness, const std::vector<FaultSpan>& spans) {
  if (spans.empty()) return "";
  const std::string active = active_faults(spans, witness.call.time, witness.completion.time);
  return "<p>Faults active meanwhile: " + (active.empty() ? "none" : shown(active, longest_text)) + ".</p>\n";
}

std::string witness_part(const checker::Witness& witness, const std::string& id, const std::vector<FaultSpan>& spans) {
  const std::string key = witness.key.has_value() ? ", key <code>" + shown(*witness.key, 100) + "</code>" : "";
  std::string states;
  for (const std::string& state : witness.last_states) states += "<li>" + shown(state, longest_text) + "</li>\n";
  if (!states.empty()) {
    states = "<h3>What was still possible just before, and why it does not help</h3>\n<ul>\n" + states + "</ul>\n";
  }
  return fmt::format(
      "<div class=\"witness\">\n<p class=\"explanation\">{}</p>\n<h3>The operations that matter{}</h3>\n{}{}</div>\n",
      shown(witness.explanation, longest_text), key, witness_timeline(witness, id) + faults_meanwhile(witness, spans),
      states);
}

std::string finding_part(const Finding& finding, std::size_t number, const std::vector<FaultSpan>& spans) {
  std::string details;
  for (std::size_t at = 0; at < std::min(finding.details.size(), most_details); ++at) {
    details += "<li>" + shown(finding.details[at], longest_text) + "</li>\n";
  }
  if (finding.details.size() > most_details) {
    details += fmt::format("<li>and {} more, in results.json</li>\n", finding.details.size() - most_details);
  }
  if (!details.empty()) details = "<ul>\n" + details + "</ul>\n";
  const std::string verdict = checker::to_string(finding.verdict);
  return fmt::format(
      "<div class=\"finding\">\n<h3><span class=\"badge {0}\">{0}</span> {1}</h3>\n<p>{2}</p>\n{3}{4}</div>\n", verdict,
      shown(finding.check), shown(finding.summary, longest_text), details,
      finding.witness.has_value() ? witness_part(*finding.witness, fmt::format("witness-{}", number), spans) : "");
}

std::string findings(const Results& results, const std::vector<FaultSpan>& spans) {
  std::vector<Finding> sorted = results.findings;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Finding& a, const Finding& b) { return a.verdict > b.verdict; });
  std::string parts;
  for (std::size_t at = 0; at < sorted.size(); ++at) parts += finding_part(sorted[at], at, spans);
  return parts.empty() ? "<p>No check was asked for.</p>\n" : parts;
}

std::string link(const std::string& path, const char* what) {
  return path.empty() ? "" : fmt::format("<li><a href=\"{0}\">{0}</a>: {1}</li>\n", escape_markup(path), what);
}

std::string repeat_part(const Results& results, const ReportLinks& links) {
  std::string body;
  if (!results.repeat_command.empty()) {
    body += fmt::format("<p>A click selects the command.</p>\n<pre class=\"copy\">{}</pre>\n",
                        escape_markup(results.repeat_command));
  }
  if (!links.plan_yaml.empty()) {
    body += fmt::format("<details><summary>The complete plan</summary>\n<pre>{}</pre></details>\n",
                        shown(links.plan_yaml, longest_plan));
  }
  const std::string files = link(links.results, "all of this page's figures, for scripts") +
                            link(links.history, "every call and return, one JSON object a line") +
                            link(links.schedule, "the faults as they were drawn") + link(links.plan, "the plan") +
                            link(links.log, "what the harness did");
  return files.empty() ? body : body + "<h3>Files of this run</h3>\n<ul>\n" + files + "</ul>\n";
}

}  // namespace

std::string to_html(const Results& results, const HistoryDigest& history, const ReportLinks& links) {
  const std::string title = verdict_word(results.verdict) + (results.plan.empty() ? "" : ": " + results.plan);
  const std::vector<FaultSpan>& spans = history.faults();
  const std::string tables = "<div class=\"columns\"><div>" + operation_table(results) + "</div><div>" +
                             error_table(results) + fault_count_table(results) + "</div></div>\n" +
                             (spans.empty() ? ""
                                            : "<details open=\"\"><summary>Every single fault</summary>\n" +
                                                  fault_table(spans) + "</details>\n");
  // The page runs no script and loads nothing; the policy makes the browser hold it to that.
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
         "<title>" +
         shown(title) + " · ordeal</title>\n<style>" + std::string(report_style) +
         "</style>\n</head>\n<body>\n<main>\n" + banner(results) + figures(results) +
         section("Findings", findings(results, spans)) + section("The run over time", run_chart(results, history)) +
         section("Operations and faults", tables) +
         section("Nodes",
                 frozen_table(results, links) + exit_table(results, links) + node_links(results, history, links)) +
         section("Repeat it", repeat_part(results, links)) + "</main>\n</body>\n</html>\n";
}

}  // namespace ordeal::harness
