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

constexpr std::size_t most_operations = 30;
constexpr double font = 12, left = 132, right = 24, padding = 9, narrowest = 1030;
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

bool returned(const PairedOperation& operation) {
  return operation.completion != nullptr && operation.completion->type != EventType::info;
}

// Where each event lies: at least a step after the one before it. Where the page is wide enough every bar has its words
// inside; else words that are too long stand to the right of their bar, in its own lane, and the bars may be short.
class Layout {
 public:
  Layout(const History& events, const std::vector<PairedOperation>& operations, const Witness& witness) {
    for (const PairedOperation& operation : operations) {
      by_event_[operation.call] = by_event_[operation.completion] = &operation;
      widths_[&operation.first()] = text_width(bar_text(operation, witness), font) + 2 * padding;
    }
    const double room = narrowest - left - right;
    double natural = place(events, witness, true);
    if (natural > room) natural = place(events, witness, false);
    stretch_ = std::max(1.0, room / natural);
    end_ = left + natural * stretch_;
  }

  double x(const Event& event) const { return left + places_.at(&event) * stretch_; }
  double words(const PairedOperation& operation) const { return widths_.at(&operation.first()); }
  double end() const { return end_; }

 private:
  // Returns the width that it takes.
  double place(const History& events, const Witness& witness, bool words_inside) {
    std::map<checker::Process, double> lane_free_from;
    double x = 0, words_end = 0;
    for (std::size_t at = 0; at < events.size(); ++at) {
      const Event& event = events[at];
      if (at > 0) x += step(event.time - events[at - 1].time);
      if (const auto found = by_event_.find(&event); found != by_event_.end()) {
        const PairedOperation& operation = *found->second;
        const bool is_return = &event == operation.completion && operation.call != nullptr;
        const double words = widths_[&operation.first()];
        // The impossible operation has its words inside, whatever it takes: it is what the eye looks for.
        const bool inside = words_inside || is_impossible(operation, witness);
        if (is_return && inside) x = std::max(x, places_[operation.call] + words);
        if (!is_return) x = std::max(x, lane_free_from[event.process]);
        const bool outside = is_return && x - places_[operation.call] < words;
        lane_free_from[event.process] = x + (outside || !is_return ? words : 0);
        words_end = std::max(words_end, lane_free_from[event.process]);
      }
      places_[&event] = x;
    }
    // A gap at the end: an operation without a return goes on beyond everything that is shown.
    return std::max(x, words_end) + 30;
  }

  static double step(std::chrono::nanoseconds wait) {
    const double wait_us = std::max(0.0, static_cast<double>(wait.count()) / 1e3);
    return 12 + std::min(36.0, 10 * std::log10(1 + wait_us / 100));
  }

  std::map<const Event*, const PairedOperation*> by_event_;
  std::map<const Event*, double> places_, widths_;
  double stretch_ = 1, end_ = 0;
};

std::string relative_time(const Event& event, const Event& first) {
  if (event.time == first.time) return &event == &first ? "0" : "+0";
  return "+" + duration_text(event.time - first.time);
}

void draw_axis(Svg& svg, const History& events, const Layout& layout, const Witness& witness, double bottom) {
  const bool timed = has_times(events);
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
  const double end = returned(operation) ? std::max(layout.x(*operation.completion), begin + 6) : layout.end();
  const std::string tooltip =
      fmt::format("{} at {}: {} → {}", process_text(operation.first().process), moment_text(operation.first().time),
                  call_text(operation), outcome_text(operation));
  svg.rect(begin, y, end - begin, bar_height, bar_style(operation, witness), tooltip);
  const bool inside = end - begin >= layout.words(operation);
  svg.text(inside ? begin + padding : end + 5, y + bar_height / 2 + 4, "bar-text", bar_text(operation, witness));
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
  const std::string zero = has_times(events) ? "Time 0 is " + moment_text(events.front().time) + " into the run."
                                             : "The history has no times, so its events are numbered.";
  const std::string caption = fmt::format(
      "{} Waits are not to scale; what overlaps and what precedes is exact. {}A dashed bar never got a definite "
      "answer: "
      "it may take effect at any later time, or never.",
      zero, left_out == 0 ? "" : counted(left_out, "operation") + " are left out. ");
  // What is wider than the page opens at its end, where the impossible operation is.
  const char* scroll = layout.end() + right > narrowest + 1 ? "scroll from-end" : "scroll";
  return fmt::format("<div class=\"{}\" tabindex=\"0\">", scroll) +
         svg.finish(id, layout.end() + right, y + 20, "Operations per process, the impossible one marked", spoken) +
         "</div>\n<p class=\"caption\">" + caption + "</p>\n" + table(operations, witness);
}

}  // namespace ordeal::harness
