#include "harness/report/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/report/operations.h"
#include "harness/report/quantities.h"
#include "harness/report/terminal_text.h"
#include "harness/report/verdict_words.h"
#include "harness/report/witness_text.h"

namespace ordeal::harness {
namespace {

using checker::Finding;
using checker::Verdict;
using checker::Witness;

constexpr std::size_t width = 96;
constexpr std::size_t label_width = 13;
constexpr std::size_t widest_check = 24;
constexpr std::size_t most_operations = 12;  // of a witness: more are in the report
constexpr std::size_t most_lines = 4;        // of details, errors, exits, last lines: what a screen bears

class Page {
 public:
  explicit Page(bool colour) : colour_(colour) {}

  void line(const std::string& text) { text_ += text + "\n"; }
  void gap() {  // never two
    if (!text_.ends_with("\n\n")) text_ += "\n";
  }

  // Wrapped to the page, every line behind `indent`, the first behind `lead` (as wide as `indent`).
  void paragraph(const std::string& lead, std::size_t indent, const std::string& text) {
    std::string margin = left_aligned(lead, indent);
    for (const std::string& words : wrapped(printable(text), width - indent)) {
      line(margin + words);
      margin = std::string(indent, ' ');
    }
  }

  std::string painted(Verdict verdict, const std::string& text) const {
    switch (verdict) {
      case Verdict::valid:
        return painted("32", text);
      case Verdict::invalid:
      case Verdict::unavailable:
        return painted("31", text);
      case Verdict::unknown:
      case Verdict::not_exercised:
        return painted("33", text);
    }
    return text;
  }
  std::string warning(const std::string& text) const { return painted("31", text); }
  std::string text() && { return std::move(text_); }

 private:
  std::string painted(const char* colour, const std::string& text) const {
    return colour_ ? fmt::format("\x1b[1;{}m{}\x1b[0m", colour, text) : text;
  }

  bool colour_;
  std::string text_;
};

std::string label(const std::string& name) {
  return left_aligned(name, label_width);
}

// The operations around the one that cannot be linearized; all of them when they are few.
void write_operations(Page& page, const Witness& witness) {
  checker::History events = evidence(witness);
  const std::size_t left_out = keep_nearest(events, witness, most_operations);
  if (left_out > 0) page.line(fmt::format("      ({} more are in the report)", left_out));
  for (const PairedOperation& operation : pair_operations(events)) {
    const std::string row = operation_line(operation, has_times(events));
    if (is_impossible(operation, witness)) {
      page.line(page.warning("    ✗ " + elided(row, width - 22) + "  ← impossible"));
    } else {
      page.line("      " + elided(row, width - 6));
    }
  }
}

void write_witness(Page& page, const Witness& witness) {
  page.gap();
  page.paragraph("", 4, witness.explanation);
  if (!evidence(witness).empty()) {
    const std::string key = witness.key.has_value() ? " on key " + elided(printable(*witness.key), 40) : "";
    page.gap();
    page.line(fmt::format("    The operations that matter{}:", key));
    write_operations(page, witness);
    if (!witness.begins.empty() && witness.explanation.find(witness.begins) == std::string::npos) {
      page.paragraph("", 6, "(They begin with " + witness.begins + ".)");
    }
  }
  if (!witness.last_states.empty()) {
    page.gap();
    page.line("    What was still possible just before, and why it does not help:");
    for (const std::string& state : witness.last_states) page.paragraph("      -", 8, state);
  }
  page.gap();
}

struct Columns {
  std::size_t verdict = 0, check = 0;
};

// "  invalid  linearizable  Key 7: ...", the sentence wrapped behind its first word.
void write_finding(Page& page, const Finding& finding, const Columns& columns) {
  const std::string verdict = left_aligned(checker::to_string(finding.verdict), columns.verdict);
  const std::string check = left_aligned(elided(printable(finding.check), columns.check), columns.check);
  const std::size_t indent = 2 + columns.verdict + 2 + columns.check + 2;
  std::vector<std::string> sentence = wrapped(printable(finding.summary), width - indent);
  if (sentence.empty()) sentence.emplace_back();
  page.line("  " + page.painted(finding.verdict, verdict) + "  " + check + "  " + sentence.front());
  for (std::size_t at = 1; at < sentence.size(); ++at) page.line(std::string(indent, ' ') + sentence[at]);
  if (finding.verdict == Verdict::valid) return;
  for (std::size_t at = 0; at < std::min(finding.details.size(), most_lines); ++at) {
    page.paragraph("", indent, finding.details[at]);
  }
  if (finding.details.size() > most_lines) {
    page.paragraph("", indent, fmt::format("({} more)", finding.details.size() - most_lines));
  }
  if (finding.witness.has_value()) write_witness(page, *finding.witness);
}

void write_verdict(Page& page, const Results& results) {
  page.gap();
  page.line(fmt::format("{}  {}", page.painted(results.verdict, verdict_word(results.verdict)),
                        verdict_meaning(results.verdict)));
  page.gap();
  // What is wrong comes first.
  std::vector<Finding> findings = results.findings;
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.verdict > b.verdict; });
  Columns columns;
  for (const Finding& finding : findings) {
    columns.verdict = std::max(columns.verdict, columns_of(checker::to_string(finding.verdict)));
    columns.check = std::max(columns.check, std::min(columns_of(printable(finding.check)), widest_check));
  }
  for (const Finding& finding : findings) write_finding(page, finding, columns);
  if (!findings.empty()) page.gap();
}

void write_run(Page& page, const Results& results) {
  if (results.plan.empty()) return;  // a history that was judged by itself has no run
  const std::string load = duration_text(results.load_ended - results.load_began);
  page.paragraph("run", label_width,
                 fmt::format("{} on {}, {}, {} of load", results.plan, results.target, results.started, load));
  page.line(label("seed") + std::to_string(results.seed));
  page.gap();
}

void write_operations(Page& page, const Results& results) {
  const auto row = [&](const std::string& f, const OutcomeCounts& counts) {
    page.line(fmt::format("  {}{:>14}{:>14}{:>12}{:>12}", left_aligned(elided(printable(f), 16), 16),
                          grouped(counts.ok + counts.fail + counts.info), grouped(counts.ok), grouped(counts.fail),
                          grouped(counts.info)));
  };
  page.line(fmt::format("{:<18}{:>14}{:>14}{:>12}{:>12}", "operations", "total", "ok", "fail", "info"));
  for (const auto& [f, counts] : results.operations) row(f, counts);
  if (results.operations.size() != 1) row("all", all_operations(results));
}

void write_speed(Page& page, const Results& results) {
  const Latencies& latencies = results.latencies;
  std::string text = fmt::format("p50 {}   p99 {}   max {}", duration_text(latencies.p50), duration_text(latencies.p99),
                                 duration_text(latencies.max));
  if (latencies.max.count() == 0) {
    text = all_operations(results).ok == 0 ? "no operation returned ok" : "not known: the history has no times";
  }
  page.line(label("latency") + text);
  if (results.longest_stall.count() > 0) {
    page.line(label("no progress") + "for " + duration_text(results.longest_stall) + " at the longest");
  }
}

void write_errors(Page& page, const Results& results) {
  if (results.errors.empty()) return;
  std::vector<std::pair<std::string, std::uint64_t>> errors(results.errors.begin(), results.errors.end());
  std::stable_sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t at = 0; at < std::min(errors.size(), 2 * most_lines); ++at) {
    text += (text.empty() ? "" : ", ") + elided(printable(errors[at].first), 60) + " " + grouped(errors[at].second);
  }
  if (errors.size() > 2 * most_lines) text += fmt::format(", and {} other kinds", errors.size() - 2 * most_lines);
  page.paragraph("errors", label_width, text);
}

void write_faults(Page& page, const Results& results) {
  if (results.faults.empty() && results.plan.empty()) return;
  page.gap();
  if (results.faults.empty()) {
    page.line(label("faults") + "none was injected");
    return;
  }
  page.line(fmt::format("{:<32}{:>14}{:>14}", "faults", "injected", "with effect"));
  for (const auto& [fault, counts] : results.faults) {
    const bool missed = counts.with_effect < counts.injected;
    page.line(fmt::format("  {}{:>14}{:>14}{}", left_aligned(elided(printable(fault), 30), 30),
                          grouped(counts.injected), grouped(counts.with_effect),
                          missed ? fmt::format("   {} without", grouped(counts.injected - counts.with_effect)) : ""));
  }
}

void write_exits(Page& page, const Results& results) {
  std::vector<NodeExit> unexpected;
  std::copy_if(results.exits.begin(), results.exits.end(), std::back_inserter(unexpected),
               [](const NodeExit& exit) { return !exit.expected; });
  if (unexpected.empty()) return;
  page.gap();
  page.line(page.warning(counted(unexpected.size(), "node exit") + " that no fault asked for"));
  for (std::size_t at = 0; at < std::min(unexpected.size(), most_lines); ++at) {
    const NodeExit& exit = unexpected[at];
    page.paragraph("", 2, fmt::format("{} after {}: {}", exit.node, duration_text(exit.time), exit.status));
    const std::size_t lines = exit.last_lines.size();
    for (std::size_t line = lines - std::min(lines, most_lines); line < lines; ++line) {
      page.line("    | " + elided(printable(exit.last_lines[line]), width - 6));
    }
  }
  if (unexpected.size() > most_lines) page.line(fmt::format("  and {} more", unexpected.size() - most_lines));
}

void write_frozen(Page& page, const Results& results) {
  if (!results.seen_online) return;
  page.gap();
  page.paragraph(
      "seen online", label_width,
      fmt::format("at {} by the check {}, {}", duration_text(results.seen_online->time), results.seen_online->check,
                  results.seen_online->ended_load ? "which ended the load" : "and the run kept going"));
  std::uint64_t bytes = 0;
  std::vector<std::string> skipped;
  std::string folders;
  for (const FrozenNode& node : results.frozen) {
    bytes += node.bytes;
    folders += (folders.empty() ? "" : ", ") + node.folder;
    for (const std::string& one : node.skipped) skipped.push_back(node.node + ": " + one);
  }
  if (results.frozen.empty()) return;
  page.paragraph(
      "frozen", label_width,
      fmt::format("data, logs and status of all nodes as they were then, {}, in {}", bytes_text(bytes), folders));
  for (std::size_t at = 0; at < std::min(skipped.size(), most_lines); ++at) {
    page.paragraph("", label_width, "not copied: " + skipped[at]);
  }
  if (skipped.size() > most_lines) {
    page.line(label("") + fmt::format("({} more were not copied, see the report)", skipped.size() - most_lines));
  }
}

}  // namespace

std::string to_summary(const Results& results, const std::string& report_path, bool colour) {
  Page page(colour);
  write_verdict(page, results);
  write_run(page, results);
  // A bare history may be too long to be counted.
  if (!results.operations.empty() || !results.plan.empty()) {
    write_operations(page, results);
    write_speed(page, results);
  }
  write_errors(page, results);
  write_faults(page, results);
  write_exits(page, results);
  write_frozen(page, results);
  page.gap();
  if (!report_path.empty()) page.line(label("report") + printable(report_path));
  if (!results.repeat_command.empty()) page.line(label("repeat") + printable(results.repeat_command));
  page.line(label("exit code") + exit_words(results.verdict).substr(std::string_view("exit code ").size()));
  return std::move(page).text();
}

}  // namespace ordeal::harness
