#include "harness/report/fault_lanes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "harness/report/quantities.h"
#include "harness/report/svg.h"
#include "harness/report/terminal_text.h"

namespace ordeal::harness {
namespace {

constexpr std::size_t most_single_faults = 60, most_exit_marks = 200, most_kinds = 8, most_slices = 200;
constexpr double lane_height = 22, bar_height = 17;

std::string style_of(const std::string& kind) {
  constexpr std::array<std::string_view, 15> known = {
      "kill",      "stop",          "pause",   "partition", "transfer",   "membership", "io-error", "slow-disk",
      "disk-full", "power-failure", "packets", "clock",     "crash-loop", "starve",     "upgrade"};
  return std::find(known.begin(), known.end(), kind) != known.end() ? "fault " + kind : "fault other";
}

// What fits on a bar; of a grudge only the tooltip and the table tell the whole.
std::string label_of(const FaultSpan& span) {
  const bool short_enough = !span.struck.empty() && columns_of(span.struck) <= 18;
  std::string label = elided(span.fault, 32) + (short_enough ? " · " + span.struck : "");
  return span.effect ? label : label + " (no effect)";
}

std::string tooltip_of(const FaultSpan& span, std::chrono::nanoseconds end) {
  const std::string healed = span.healed.has_value() ? "healed at " + duration_text(*span.healed) : "never healed";
  std::string words = fmt::format(
      "{} {}\ninjected at {}, {}, lasting {}\n{}", span.fault, span.struck, duration_text(span.injected), healed,
      duration_text(span.healed.value_or(end) - span.injected), span.effect ? "with effect" : "no effect was observed");
  if (!span.evidence.empty()) words += "\n" + span.evidence;
  if (!span.note.empty()) words += "\n" + span.note;
  return elided(words, 600);
}

}  // namespace

FaultLanes::FaultLanes(const std::vector<FaultSpan>& spans, const std::vector<NodeExit>& exits, const ChartFrame& frame)
    : exits_(exits), frame_(frame), grouped_(spans.size() > most_single_faults) {
  std::vector<double> lane_ends;
  if (grouped_) {
    group(spans);
  } else {
    for (const FaultSpan& span : spans) pack(span, lane_ends);
  }
  lanes_ = std::max(grouped_ ? lane_names_.size() : lane_ends.size(), std::size_t{1});
  unexpected_exits_ = std::any_of(exits.begin(), exits.end(), [](const NodeExit& exit) { return !exit.expected; });
}

FaultLanes::Bar FaultLanes::bar_of(const FaultSpan& span) const {
  const double begin = frame_.x(span.injected);
  Bar bar;
  bar.begin = begin;
  bar.end = std::max(begin + 2, frame_.x(span.healed.value_or(frame_.end)));
  bar.height = bar_height;
  bar.effect = span.effect;
  bar.style = style_of(span.kind) + (span.effect ? "" : " without-effect");
  bar.label = label_of(span);
  bar.tooltip = tooltip_of(span, frame_.end);
  return bar;
}

// Into the bar where it is long enough, else to its right, at the end of the axis to its left.
void FaultLanes::place_label(Bar& bar) {
  const double width = text_width(bar.label, 11);
  if (width + 10 <= bar.end - bar.begin) {
    bar.label_x = bar.begin + 5;
  } else if (bar.end + width + 5 <= ChartFrame::right_edge) {
    bar.label_x = bar.end + 5;
  } else {
    bar.label_x = bar.begin - 5 - width;
  }
}

// The first lane that is free where the bar and its label begin.
void FaultLanes::pack(const FaultSpan& span, std::vector<double>& lane_ends) {
  Bar bar = bar_of(span);
  place_label(bar);
  const double left = std::min(bar.begin, bar.label_x);
  const double right = std::max(bar.end, bar.label_x + text_width(bar.label, 11)) + 8;
  const auto free = std::find_if(lane_ends.begin(), lane_ends.end(), [&](double end) { return end <= left; });
  bar.lane = static_cast<std::size_t>(free - lane_ends.begin());
  if (free == lane_ends.end()) lane_ends.push_back(0);
  lane_ends[bar.lane] = right;
  bars_.push_back(bar);
}

// For each kind and slice: how many were injected, and how many of them had effect.
void FaultLanes::group(const std::vector<FaultSpan>& spans) {
  const std::chrono::nanoseconds width = round_step(frame_.end, most_slices);
  std::map<std::pair<std::size_t, std::int64_t>, FaultCounts> counts;
  std::uint64_t most = 1;
  for (const FaultSpan& span : spans) {
    const std::string kind = elided(span.kind, 14);
    const bool known = std::find(lane_names_.begin(), lane_names_.end(), kind) != lane_names_.end();
    const std::string name = known || lane_names_.size() < most_kinds ? kind : "others";
    const auto lane = std::find(lane_names_.begin(), lane_names_.end(), name);
    const auto number = static_cast<std::size_t>(lane - lane_names_.begin());
    if (lane == lane_names_.end()) lane_names_.push_back(name);
    FaultCounts& slice = counts[{number, span.injected / width}];
    ++slice.injected;
    slice.with_effect += span.effect ? 1 : 0;
    most = std::max(most, slice.injected);
  }
  for (const auto& [place, count] : counts) {
    const auto& [lane, slice] = place;
    Bar bar;
    bar.begin = frame_.x(width * slice);
    bar.end = std::max(bar.begin + 1, frame_.x(width * (slice + 1)) - 0.5);
    bar.lane = lane;
    bar.height = bar_height * static_cast<double>(count.injected) / static_cast<double>(most);
    bar.style = style_of(lane_names_[lane]) + " many" + (count.with_effect == 0 ? " without-effect" : "");
    bar.tooltip = fmt::format("{}, {} of them with effect, injected between {} and {}",
                              counted(count.injected, lane_names_[lane]), grouped(count.with_effect),
                              duration_text(width * slice), duration_text(width * (slice + 1)));
    bars_.push_back(bar);
  }
}

double FaultLanes::height() const {
  return lane_height * static_cast<double>(lanes_ + (unexpected_exits_ ? 1 : 0));
}

void FaultLanes::draw(Svg& svg, double y) const {
  svg.text(ChartFrame::left, y - 8, "panel-name", bars_.empty() ? "faults: none" : "faults");
  for (std::size_t lane = 0; lane < lane_names_.size(); ++lane) {
    const double middle = y + lane_height * static_cast<double>(lane) + bar_height / 2;
    svg.text(ChartFrame::left - 8, middle + 4, "axis", lane_names_[lane], Svg::Anchor::end);
  }
  for (const Bar& bar : bars_) {
    const double top = y + lane_height * static_cast<double>(bar.lane);
    svg.rect(bar.begin, top + bar_height - bar.height, bar.end - bar.begin, bar.height, bar.style, bar.tooltip);
    if (bar.label.empty()) continue;
    // Its end is held where it stands to the left of the bar, since widths are estimates.
    const bool before = bar.label_x < bar.begin;
    svg.text(before ? bar.begin - 5 : bar.label_x, top + 12.5, bar.effect ? "fault-name" : "fault-name muted",
             bar.label, before ? Svg::Anchor::end : Svg::Anchor::start);
  }
  if (unexpected_exits_) draw_exits(svg, y + lane_height * static_cast<double>(lanes_));
}

void FaultLanes::draw_exits(Svg& svg, double y) const {
  svg.text(ChartFrame::left - 8, y + 13, "axis culprit-text", "node exits", Svg::Anchor::end);
  std::size_t marks = 0;
  double free_from = 0;
  for (const NodeExit& exit : exits_) {
    if (exit.expected || marks == most_exit_marks) continue;
    ++marks;
    const double x = frame_.x(exit.time);
    const std::string words = elided(printable(exit.node + ": " + exit.status), 80);
    const std::string triangle = fmt::format("M{} {}h10l-5 9z", coordinate(x - 5), coordinate(y + 4));
    svg.path(triangle, "exit-mark", words + " at " + duration_text(exit.time));
    const double end = x + 10 + text_width(words, 11);
    if (x < free_from || end > ChartFrame::right_edge) continue;
    svg.text(x + 9, y + 13, "fault-name", words);
    free_from = end + 10;
  }
}

void FaultLanes::draw_shadows(Svg& svg, double top, double bottom) const {
  if (grouped_) return;  // hundreds of bands would be one grey
  for (const Bar& bar : bars_) {
    if (bar.effect) svg.rect(bar.begin, top, bar.end - bar.begin, bottom - top, "shadow");
  }
}

}  // namespace ordeal::harness
