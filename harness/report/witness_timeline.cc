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
  return operation.first().f == "read" || operation.first().f == "get" ? "bar read" : "bar write";
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

void draw_axis(Svg& svg, const History& events, const Layout& layout, const Witness& witness, double top_edge,
               double bottom) {
  const bool timed = has_times(events);
  double free_from = 0;
  for (const Event& event : events) {
    const double x = layout.x(event);
    const bool last_word = event.index == witness.completion.index && event.type == witness.completion.type;
    svg.line(x, top_edge - 6, x, bottom, last_word ? "verdict-line" : "guide");
    const std::string words = timed ? relative_time(event, events.front()) : fmt::format("event {}", event.index);
    if (x < free_from && !last_word) continue;
    svg.text(x, last_word ? bottom + 16 : top_edge - 12, last_word ? "axis culprit-text" : "axis",
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

// Where each operation of the order takes effect in the drawing: within its bar, and one after the other; so none later
// than where the bar of one that follows in the order ends.
std::map<const PairedOperation*, double> points(const std::vector<PairedOperation>& operations, const Layout& layout,
                                                const Witness& witness) {
  std::map<std::uint64_t, const PairedOperation*> by_call;
  for (const PairedOperation& operation : operations) {
    if (operation.call != nullptr) by_call[operation.call->index] = &operation;
  }
  std::vector<std::pair<const PairedOperation*, double>> in_order;  // and the latest place
  for (const std::uint64_t call : witness.order) {
    const auto found = by_call.find(call);
    if (found == by_call.end()) continue;
    const PairedOperation& operation = *found->second;
    in_order.emplace_back(&operation, returned(operation) ? layout.x(*operation.completion) : layout.end());
  }
  double latest = layout.end();
  for (auto at = in_order.rbegin(); at != in_order.rend(); ++at) latest = at->second = std::min(latest, at->second) - 3;
  std::map<const PairedOperation*, double> out;
  double last = 0;
  for (const auto& [operation, bound] : in_order) {
    const double begin = layout.x(*operation->call);
    last = std::max(std::min(std::max(last + 5, begin + 30), bound), std::max(begin, last));
    out[operation] = last;
  }
  return out;
}

void draw_points(Svg& svg, const std::map<const PairedOperation*, double>& points,
                 const std::map<checker::Process, double>& rows) {
  std::vector<std::pair<double, const PairedOperation*>> in_order;
  for (const auto& [operation, x] : points) in_order.emplace_back(x, operation);
  std::stable_sort(in_order.begin(), in_order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::size_t number = 0;
  for (const auto& [x, operation] : in_order) {
    const double y = rows.at(operation->first().process) + bar_height;
    svg.circle(x, y, 4, "point", fmt::format("takes effect as number {}", ++number));
    svg.text(x + 6, y + 9, "small", std::to_string(number));
  }
}

constexpr const char* picture_name = "Operations per process, the impossible one marked";

struct Picture {
  Svg svg = {};
  double width = 0, height = 0;
  std::string spoken = {};
  std::string caption = {};  // plain text
  checker::History events = {};
  std::vector<PairedOperation> operations = {};  // into `events`
};

std::string caption(const Picture& picture, std::size_t left_out, bool with_points) {
  const std::string zero = has_times(picture.events)
                               ? "Time 0 is " + moment_text(picture.events.front().time) + " into the run."
                               : "The history has no times, so its events are numbered.";
  return zero + " Waits are not to scale; what overlaps and what precedes is exact. " +
         (left_out == 0 ? "" : counted(left_out, "operation") + " are left out. ") +
         (with_points ? "The numbered dots are an order in which all but the impossible operation could have taken "
                        "effect. "
                      : "") +
         "A dashed bar never got a definite answer: it may take effect at any later time, or never.";
}

// The drawing, its upper edge at `above`.
Picture draw(const Witness& witness, double above) {
  Picture picture;
  picture.events = evidence(witness);
  const std::size_t left_out = keep_nearest(picture.events, witness, most_operations);
  picture.operations = pair_operations(picture.events);
  if (picture.operations.empty()) return picture;
  const Layout layout(picture.events, picture.operations, witness);

  // Lanes in the order of their first call, so that the story goes down the page.
  std::map<checker::Process, double> rows;
  double y = above + top;
  for (const PairedOperation& operation : picture.operations) {
    const Event& first = operation.first();
    if (!rows.emplace(first.process, y).second) continue;
    picture.svg.rect(0, y - (row_height - bar_height) / 2, layout.end() + right, row_height, "row");
    picture.svg.text(10, y + bar_height / 2 + 4, "lane", process_text(first.process));
    picture.svg.text(left - 12, y + bar_height / 2 + 4, "axis", elided(first.node, 6), Svg::Anchor::end);
    y += row_height;
  }
  draw_axis(picture.svg, picture.events, layout, witness, above + top, y - 4);
  for (const PairedOperation& operation : picture.operations) {
    draw_bar(picture.svg, operation, layout, witness, rows.at(operation.first().process));
  }
  const auto effects = points(picture.operations, layout, witness);
  draw_points(picture.svg, effects, rows);
  for (const PairedOperation& operation : picture.operations) {
    picture.spoken += fmt::format("{}: {}. ", process_text(operation.first().process), bar_text(operation, witness));
  }
  picture.caption = caption(picture, left_out, !effects.empty());
  picture.width = layout.end() + right;
  picture.height = y + 20;
  return picture;
}

// The picture by itself has no page's style sheet. The same hues as the report's.
constexpr std::string_view picture_style = R"css(
svg { --page: #fff; --ink: #1b1f27; --soft: #5b6472; --edge: #dde1e8; --row: #f3f5f8; --blue: #1f6fb8;
  --green: #12805c; --red: #c2261c; --amber: #a67c00; font-family: system-ui, "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) { svg { --page: #1a1f26; --ink: #e6e9ee; --soft: #9aa4b2; --edge: #303844;
  --row: #20262f; --blue: #62aef0; --green: #4cc79a; --red: #ff7468; --amber: #e0b84a; } }
text { fill: var(--ink); font-size: 11px; } .title { font-size: 17px; font-weight: 600; } .words { font-size: 13px; }
.page { fill: var(--page); } .axis, .small { fill: var(--soft); } .lane { font-size: 12px; font-weight: 600; }
.guide { stroke: var(--edge); } .row { fill: var(--row); stroke: var(--page); stroke-width: 3; }
.bar { rx: 5; stroke-width: 1.5; } .bar-text { font-size: 12px; } .point { fill: var(--ink); }
.bar.write { fill: var(--blue); fill-opacity: .22; stroke: var(--blue); }
.bar.read { fill: var(--green); fill-opacity: .22; stroke: var(--green); }
.bar.failed { fill: var(--page); stroke: var(--soft); }
.bar.open { fill: var(--amber); fill-opacity: .18; stroke: var(--amber); stroke-dasharray: 6 4; }
.bar.culprit { fill: var(--red); fill-opacity: .25; stroke: var(--red); stroke-width: 3; }
.verdict-line { stroke: var(--red); stroke-width: 2; stroke-dasharray: 5 3; } .culprit-text { fill: var(--red); font-weight: 600; }
)css";

}  // namespace

std::string witness_timeline(const Witness& witness, const std::string& id) {
  const Picture picture = draw(witness, 0);
  if (picture.operations.empty()) return "";
  // What is wider than the page opens at its end, where the impossible operation is.
  const char* scroll = picture.width > narrowest + 1 ? "scroll from-end" : "scroll";
  return fmt::format("<div class=\"{}\" tabindex=\"0\">", scroll) +
         picture.svg.finish(id, picture.width, picture.height, picture_name, picture.spoken) +
         "</div>\n<p class=\"caption\">" + picture.caption + "</p>\n" + table(picture.operations, witness);
}

std::string witness_svg(const Witness& witness) {
  const std::string key = witness.key.has_value() ? "Key " + elided(printable(*witness.key), 40) : "The history";
  const double lines_top = 52;
  Picture picture = draw(witness, lines_top);
  Svg page;
  page.rect(0, 0, std::max(picture.width, narrowest), 1e5, "page");
  page.text(10, 24, "title", key + " is not linearizable");
  page.text(10, 42, "axis",
            fmt::format("The shortest impossible prefix ends with event {} and has {} of the key.",
                        witness.completion.index, counted(witness.prefix_operations, "operation")));
  double y = picture.height + 10;
  const auto paragraph = [&](const std::string& words, const char* style) {
    for (const std::string& line : wrapped(printable(words), 150)) page.text(10, y += 17, style, line);
    y += 6;
  };
  paragraph(elided(witness.explanation, 4000), "words");
  for (const std::string& state : witness.last_states) paragraph("• " + elided(state, 600), "words");
  paragraph(picture.caption, "axis");
  page.append(picture.svg);
  const std::string svg =
      page.finish("witness", std::max(picture.width, narrowest), y + 12, picture_name, picture.spoken);
  const std::size_t after_tag = svg.find('>') + 1;
  std::string document = svg.substr(0, after_tag);
  document.insert(document.find(' '), " xmlns=\"http://www.w3.org/2000/svg\"");
  return document + "\n<style>" + std::string(picture_style) + "</style>" + svg.substr(after_tag);
}

}  // namespace ordeal::harness
