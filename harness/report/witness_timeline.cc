#include "harness/report/witness_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <vector>

#include "harness/report/escape.h"
#include "harness/report/operations.h"
#include "harness/report/quantities.h"
#include "harness/report/svg.h"
#include "harness/report/terminal_text.h"
#include "harness/report/witness_text.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using checker::History;
using checker::Witness;

constexpr std::size_t most_operations = 40;
constexpr double font = 12, left = 132, right = 24, narrowest = 1030;
constexpr double top = 34, row_height = 46, bar_height = 28;

std::string bar_text(const PairedOperation& operation, const Witness& witness) {
  const std::string mark = is_impossible(operation, witness) ? " ✗" : "";
  return elided(call_text(operation) + " → " + outcome_text(operation), 60) + mark;
}

std::string bar_style(const PairedOperation& operation, const Witness& witness) {
  if (is_impossible(operation, witness)) return "bar culprit";
  if (operation.outcome() == EventType::fail) return "bar failed";
  if (operation.outcome() == EventType::info) return "bar open";
  return operation.first().f == "read" ? "bar read" : "bar write";
}

// Where each event lies: at least a step after the one before it, a return at least a bar's text after its call.
class Layout {
 public:
  Layout(const History& events, const std::vector<PairedOperation>& operations, const Witness& witness) {
    std::map<const Event*, std::pair<const Event*, double>> calls;  // of each return: its call, the text's width
    double open_end = 0;
    for (const PairedOperation& operation : operations) {
      const double width = text_width(bar_text(operation, witness), font) + 22;
      if (operation.call != nullptr && operation.completion != nullptr) {
        calls[operation.completion] = {operation.call, width};
      }
      widths_[&operation.first()] = width;
    }
    double x = 0;
    for (std::size_t at = 0; at < events.size(); ++at) {
      const Event& event = events[at];
      if (at > 0) x += step(event.time - events[at - 1].time);
      if (const auto call = calls.find(&event); call != calls.end()) {
        x = std::max(x, places_[call->second.first] + call->second.second);
      }
      places_[&event] = x;
    }
    for (const PairedOperation& operation : operations) {
      open_end = std::max(open_end, places_[&operation.first()] + widths_[&operation.first()]);
    }
    // A gap at the end: an operation without a return goes on beyond everything that is shown.
    const double natural = std::max(x, open_end) + 30;
    stretch_ = std::max(1.0, (narrowest - left - right) / natural);
    end_ = left + natural * stretch_;
  }

  double x(const Event& event) const { return left + places_.at(&event) * stretch_; }
  double end() const { return end_; }

 private:
  static double step(std::chrono::nanoseconds wait) {
    const double wait_us = std::max(0.0, static_cast<double>(wait.count()) / 1e3);
    return 14 + std::min(60.0, 16 * std::log10(1 + wait_us / 100));
  }

  std::map<const Event*, double> places_, widths_;
  double stretch_ = 1, end_ = 0;
};

std::string relative_time(const Event& event, const Event& first) {
  if (event.time == first.time) return &event == &first ? "0" : "+0";
  return "+" + duration_text(event.time - first.time);
}

void draw_axis(Svg& svg, const History& events, const Layout& layout, const Witness& witness, double bottom) {
  const bool timed = events.back().time != events.front().time;  // some formats have no times
  double free_from = 0;
  for (const Event& event : events) {
    const double x = layout.x(event);
    const bool last_word = event.index == witness.completion.index && event.type == witness.completion.type;
    svg.line(x, top - 6, x, bottom, last_word ? "verdict-line" : "guide");
    const std::string words = timed ? relative_time(event, events.front()) : fmt::format("event {}", event.index);
    if (x < free_from && !last_word) continue;
    svg.text(x, last_word ? bottom + 16 : top - 12, last_word ? "axis culprit-text" : "axis",
             last_word ? words + ": impossible from here on" : words,
             last_word && x > layout.end() / 2 ? Svg::Anchor::end : Svg::Anchor::start);
    if (!last_word) free_from = x + text_width(words, 11) + 14;
  }
}

void draw_bar(Svg& svg, const PairedOperation& operation, const Layout& layout, const Witness& witness, double y) {
  const double begin = layout.x(operation.first());
  const bool returned = operation.completion != nullptr && operation.completion->type != EventType::info;
  const double end = returned ? std::max(layout.x(*operation.completion), begin + 6) : layout.end();
  const std::string tooltip =
      fmt::format("{} at {}: {} → {}", process_text(operation.first().process), moment_text(operation.first().time),
                  call_text(operation), outcome_text(operation));
  svg.rect(begin, y, end - begin, bar_height, bar_style(operation, witness), tooltip);
  svg.text(begin + 9, y + bar_height / 2 + 4, "bar-text", bar_text(operation, witness));
}

std::string table(const std::vector<PairedOperation>& operations, const Witness& witness) {
  std::string rows;
  for (const PairedOperation& operation : operations) {
    const Event& first = operation.first();
    const std::string returned = operation.completion == nullptr ? "never" : moment_text(operation.completion->time);
    rows += fmt::format("<tr{}><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                        is_impossible(operation, witness) ? " class=\"bad\"" : "",
                        escape_markup(process_text(first.process)), escape_markup(elided(first.node, 40)),
                        escape_markup(elided(call_text(operation), 100)),
                        escape_markup(elided(outcome_text(operation), 100)), moment_text(first.time), returned);
  }
  return "<details><summary>The same as a table</summary>\n<table><thead><tr><th>process</th><th>node</th>"
         "<th>call</th><th>outcome</th><th>called</th><th>returned</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></details>\n";
}

}  // namespace

std::string witness_timeline(const Witness& witness, const std::string& id) {
  History events = evidence(witness);
  const std::size_t left_out = keep_nearest(events, witness, most_operations);
  const std::vector<PairedOperation> operations = pair_operations(events);
  if (operations.empty()) return "";
  const Layout layout(events, operations, witness);

  // Lanes in the order of their first call, so that the story goes down the page.
  std::map<checker::Process, double> rows;
  Svg svg;
  double y = top;
  for (const PairedOperation& operation : operations) {
    const Event& first = operation.first();
    if (!rows.emplace(first.process, y).second) continue;
    svg.rect(0, y - (row_height - bar_height) / 2, layout.end() + right, row_height, "row");
    svg.text(10, y + bar_height / 2 + 4, "lane", process_text(first.process));
    svg.text(left - 12, y + bar_height / 2 + 4, "axis", elided(first.node, 6), Svg::Anchor::end);
    y += row_height;
  }
  draw_axis(svg, events, layout, witness, y - 4);
  for (const PairedOperation& operation : operations) {
    draw_bar(svg, operation, layout, witness, rows.at(operation.first().process));
  }
  std::string spoken;
  for (const PairedOperation& operation : operations) {
    spoken += fmt::format("{}: {}. ", process_text(operation.first().process), bar_text(operation, witness));
  }
  const std::string caption = fmt::format(
      "Time 0 is {} of the run{}. Waits are not to scale; what overlaps and what precedes is exact. {}A dashed bar "
      "never "
      "got a definite answer: it may take effect at any later time, or never.",
      moment_text(events.front().time), events.front().time.count() == 0 ? " (or the history has no times)" : "",
      left_out == 0 ? "" : counted(left_out, "operation") + " are left out. ");
  return "<div class=\"scroll\" tabindex=\"0\">" +
         svg.finish(id, layout.end() + right, y + 20, "Operations per process, the impossible one marked", spoken) +
         "</div>\n<p class=\"caption\">" + caption + "</p>\n" + table(operations, witness);
}

}  // namespace ordeal::harness
