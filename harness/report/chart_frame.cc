#include "harness/report/chart_frame.h"

#include <algorithm>
#include <cstdint>

#include "harness/report/quantities.h"

namespace ordeal::harness {

using std::chrono::nanoseconds;

namespace {

constexpr std::int64_t most_ticks = 12;

// A step that people count in: decimal up to ten seconds, then as on a clock.
nanoseconds tick_step(nanoseconds end) {
  for (const int seconds : {15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10'800, 21'600, 43'200, 86'400}) {
    const nanoseconds step = std::chrono::seconds(seconds);
    if (end > std::chrono::seconds(120) && end / step <= most_ticks) return step;
  }
  return round_step(end, most_ticks);
}

}  // namespace

double ChartFrame::x(nanoseconds time) const {
  const double share = static_cast<double>(time.count()) / static_cast<double>(end.count());
  return left + std::clamp(share, 0.0, 1.0) * (right_edge - left);
}

double ChartFrame::slice_begin(const TimeSlices& slices, std::size_t at) const {
  return x(slices.width * static_cast<std::int64_t>(at));
}

double ChartFrame::slice_end(const TimeSlices& slices, std::size_t at) const {
  return slice_begin(slices, at + 1);
}

void ChartFrame::draw_time_axis(Svg& svg, double top, double bottom) const {
  const nanoseconds step = tick_step(end);
  for (nanoseconds time{0}; time <= end; time += step) {
    svg.line(x(time), top, x(time), bottom + 5, "guide");
    svg.text(x(time), bottom + 18, "axis", time.count() == 0 ? "0" : duration_text(time), Svg::Anchor::middle);
  }
  svg.text((left + right_edge) / 2, bottom + 36, "axis", "time since the run began", Svg::Anchor::middle);
}

void ChartFrame::draw_panel(Svg& svg, const char* name, double y, double height) const {
  svg.text(left, y - 8, "panel-name", name);
  svg.line(left, y, left, y + height, "frame");
}

void ChartFrame::draw_level(Svg& svg, double y, const std::string& label) const {
  svg.line(left, y, right_edge, y, "level");
  svg.text(left - 8, y + 4, "axis", label, Svg::Anchor::end);
}

void ChartFrame::draw_legend(Svg& svg, double panel_top, const std::vector<Key>& keys) const {
  double x = right_edge;
  for (const Key& key : keys) x -= text_width(key.words, 11) + 34;
  for (const Key& key : keys) {
    x += 16;
    svg.rect(x, panel_top - 16, 12, 8, key.style);
    svg.text(x + 17, panel_top - 8, "axis", key.words);
    x += text_width(key.words, 11) + 18;
  }
}

}  // namespace ordeal::harness
