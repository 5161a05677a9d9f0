#include "harness/report/report_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "harness/report/escape.h"
#include "harness/report/quantities.h"
#include "harness/report/terminal_text.h"

namespace ordeal::harness {
namespace {

// A table longer than this is not read, and a night's run must still open quickly.
constexpr std::size_t most_rows = 300, most_last_lines = 20;

std::string table(const std::string& caption, const std::string& head, const std::string& rows) {
  return fmt::format("<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>\n{}</tbody></table>\n", caption,
                     head, rows);
}

std::string number(std::uint64_t count) {
  return "<td class=\"number\">" + grouped(count) + "</td>";
}

std::string omitted(std::size_t all, const char* where) {
  if (all <= most_rows) return "";
  return fmt::format("<p class=\"caption\">The first {} of {}; the others are in {}.</p>\n", most_rows, grouped(all),
                     where);
}

std::string operation_row(const std::string& name, const OutcomeCounts& counts, const char* style) {
  return fmt::format("<tr{}><td>{}</td>{}{}{}{}</tr>\n", style, shown(name),
                     number(counts.ok + counts.fail + counts.info), number(counts.ok), number(counts.fail),
                     number(counts.info));
}

std::string log_links(const std::string& node, const ReportLinks& links) {
  if (links.nodes.empty()) return "";
  const std::string folder = escape_markup(links.nodes) + "/" + escape_path_segment(node);
  return fmt::format("<a href=\"{0}/stderr.log\">stderr.log</a> <a href=\"{0}/stdout.log\">stdout.log</a>", folder);
}

std::string exit_row(const NodeExit& exit, const ReportLinks& links) {
  std::string lines;
  const std::size_t begin = exit.last_lines.size() - std::min(exit.last_lines.size(), most_last_lines);
  for (std::size_t at = begin; at < exit.last_lines.size(); ++at) lines += shown(exit.last_lines[at]) + "\n";
  const std::string output = lines.empty() ? "" : "<pre>" + lines + "</pre>";
  return fmt::format("<tr{}><td>{}</td><td class=\"number\">{}</td><td>{}</td><td>{}</td><td>{}{}</td></tr>\n",
                     exit.expected ? "" : " class=\"bad\"", shown(exit.node), duration_text(exit.time),
                     shown(exit.status), exit.expected ? "ordeal" : "<strong>nobody</strong>",
                     log_links(exit.node, links), output);
}

}  // namespace

std::string shown(std::string_view text, std::size_t most) {
  return escape_markup(elided(text, most));
}

std::string operation_table(const Results& results) {
  std::string rows;
  std::size_t row = 0;
  for (const auto& [f, counts] : results.operations) {
    if (row++ == most_rows) break;
    rows += operation_row(f, counts, "");
  }
  rows += operation_row("all", all_operations(results), " class=\"sum\"");
  return table("Operations",
               "<th>operation</th><th class=\"number\">total</th><th class=\"number\">ok</th><th "
               "class=\"number\">fail</th><th class=\"number\">info</th>",
               rows) +
         omitted(results.operations.size(), "results.json");
}

std::string error_table(const Results& results) {
  if (results.errors.empty()) return "";
  std::vector<std::pair<std::string, std::uint64_t>> errors(results.errors.begin(), results.errors.end());
  std::stable_sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string rows;
  for (std::size_t at = 0; at < std::min(errors.size(), most_rows); ++at) {
    rows += fmt::format("<tr><td>{}</td>{}</tr>\n", shown(errors[at].first), number(errors[at].second));
  }
  return table("Errors of fail and info", "<th>error</th><th class=\"number\">times</th>", rows) +
         omitted(errors.size(), "results.json");
}

std::string fault_count_table(const Results& results) {
  if (results.faults.empty()) return "";
  std::string rows;
  std::size_t row = 0;
  for (const auto& [fault, counts] : results.faults) {
    if (row++ == most_rows) break;
    rows += fmt::format("<tr{}><td>{}</td>{}{}</tr>\n", counts.with_effect == 0 ? " class=\"weak\"" : "", shown(fault),
                        number(counts.injected), number(counts.with_effect));
  }
  return table("Faults by kind",
               "<th>fault</th><th class=\"number\">injected</th><th class=\"number\">with effect</th>", rows) +
         omitted(results.faults.size(), "results.json");
}

std::string fault_table(const std::vector<FaultSpan>& spans) {
  if (spans.empty()) return "";
  std::string rows;
  for (std::size_t at = 0; at < std::min(spans.size(), most_rows); ++at) {
    const FaultSpan& span = spans[at];
    const std::string lasting = span.healed.has_value() ? duration_text(*span.healed - span.injected) : "never healed";
    std::string seen = span.evidence;
    if (!span.note.empty()) seen += (seen.empty() ? "" : "; ") + span.note;
    rows += fmt::format(
        "<tr{}><td class=\"number\">{}</td><td>{}</td><td>{}</td><td class=\"number\">{}</td><td "
        "class=\"number\">{}</td><td>{}</td><td>{}</td></tr>\n",
        span.effect ? "" : " class=\"weak\"", span.id, shown(span.fault, 100), shown(span.struck, 300),
        duration_text(span.injected), lasting, span.effect ? "yes" : "<strong>no</strong>", shown(seen, 300));
  }
  return table("In the order of injection",
               "<th class=\"number\">id</th><th>fault</th><th>nodes ( | cut apart, ⊘ does not hear)</th>"
               "<th class=\"number\">injected</th><th class=\"number\">lasting</th>"
               "<th>effect</th><th>observed</th>",
               rows) +
         omitted(spans.size(), "history.jsonl");
}

std::string exit_table(const Results& results, const ReportLinks& links) {
  if (results.exits.empty()) return "<p>No node exited during the run.</p>\n";
  std::vector<NodeExit> exits = results.exits;
  std::stable_sort(exits.begin(), exits.end(),
                   [](const NodeExit& a, const NodeExit& b) { return a.expected < b.expected; });
  std::string rows;
  for (std::size_t at = 0; at < std::min(exits.size(), most_rows); ++at) rows += exit_row(exits[at], links);
  return table("Node exits, those that no fault asked for first",
               "<th>node</th><th class=\"number\">after</th><th>how</th><th>caused by</th><th>logs and last lines</th>",
               rows) +
         omitted(exits.size(), "results.json");
}

std::string frozen_table(const Results& results, const ReportLinks& links) {
  if (results.frozen.empty() || links.nodes.empty()) return "";
  std::string rows;
  for (std::size_t at = 0; at < std::min(results.frozen.size(), most_rows); ++at) {
    const FrozenNode& node = results.frozen[at];
    const std::string folder = escape_markup(links.nodes) + "/" + escape_path_segment(node.node) + "/frozen";
    std::string skipped;
    for (const std::string& one : node.skipped) skipped += "<li>" + shown(one) + "</li>";
    rows += fmt::format(
        "<tr><td>{0}</td><td><a href=\"{1}/\">{1}</a> <a href=\"{1}/status.json\">status.json</a></td>{2}"
        "<td class=\"number\">{3}</td><td>{4}</td><td>{5}</td></tr>\n",
        shown(node.node), folder, number(node.files), bytes_text(node.bytes), shown(node.status),
        skipped.empty() ? "nothing" : "<ul>" + skipped + "</ul>");
  }
  return table("Copies of data, logs and status, made while all nodes were stopped at the violation",
               "<th>node</th><th>copies</th><th class=\"number\">files</th><th class=\"number\">size</th>"
               "<th>status</th><th>left out</th>",
               rows);
}

std::string node_links(const Results& results, const HistoryDigest& history, const ReportLinks& links) {
  if (links.nodes.empty()) return "";
  std::set<std::string> nodes = history.nodes();
  for (const NodeExit& exit : results.exits) nodes.insert(exit.node);
  std::string items;
  for (const std::string& node : nodes) items += fmt::format("<li>{}: {}</li>\n", shown(node), log_links(node, links));
  return items.empty() ? "" : "<ul class=\"logs\">\n" + items + "</ul>\n";
}

}  // namespace ordeal::harness
