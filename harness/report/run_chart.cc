#include "harness/report/run_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "harness/report/chart_frame.h"
#include "harness/report/fault_lanes.h"
#include "harness/report/fault_spans.h"
#include "harness/report/quantities.h"
#include "harness/report/svg.h"
#include "harness/report/time_slices.h"

namespace ordeal::harness {
namespace {

using std::chrono::nanoseconds;

constexpr double ok_height = 110, failed_height = 46, latency_height = 150, panel_gap = 34;

double per_second(std::uint64_t count, const TimeSlices& slices) {
  return static_cast<double>(count) / std::chrono::duration<double>(slices.width).count();
}

// The next 1, 2 or 5 times a power of ten from `value` on.
double round_up(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= value) return factor * power;
  }
  return 10 * power;
}

std::string rate_text(double rate) {
  return rate >= 10 ? grouped(static_cast<std::uint64_t>(rate)) : fmt::format("{:.3g}", rate);
}

// Part of the history's time in which nothing but one thing happens, drawn above the panels.
void draw_phases(Svg& svg, const ChartFrame& frame, const Results& results, double y) {
  if (results.load_ended <= results.load_began) return;
  const auto phase = [&](nanoseconds from, nanoseconds to, const char* name, const char* style) {
    const double x = frame.x(from), width = frame.x(to) - x;
    if (width <= 0) return;
    svg.rect(x, y, width, 18, style, fmt::format("{}: {} to {}", name, duration_text(from), duration_text(to)));
    if (text_width(name, 11) + 10 < width) svg.text(x + width / 2, y + 13, "small", name, Svg::Anchor::middle);
  };
  phase(nanoseconds(0), results.load_began, "start", "phase");
  phase(results.load_began, results.load_ended, "load under faults", "phase load");
  phase(results.load_ended, frame.end, "recovery, final reads", "phase");
}

void draw_ok(Svg& svg, const ChartFrame& frame, const TimeSlices& slices, double y) {
  std::uint64_t most = 0;
  for (const TimeSlice& slice : slices.slices) most = std::max(most, slice.ok);
  const double scale = round_up(per_second(most, slices));
  frame.draw_panel(svg, "ok per second", y, ok_height);
  frame.draw_level(svg, y, rate_text(scale));
  frame.draw_level(svg, y + ok_height / 2, rate_text(scale / 2));
  frame.draw_level(svg, y + ok_height, "0");
  std::string area = fmt::format("M{} {}", coordinate(frame.x(nanoseconds(0))), coordinate(y + ok_height));
  for (std::size_t at = 0; at < slices.slices.size(); ++at) {
    const double top = y + ok_height * (1 - per_second(slices.slices[at].ok, slices) / scale);
    area += fmt::format("V{}H{}", coordinate(top), coordinate(frame.slice_end(slices, at)));
  }
  svg.path(area + fmt::format("V{}Z", coordinate(y + ok_height)), "ok-area");
}

void draw_failed(Svg& svg, const ChartFrame& frame, const TimeSlices& slices, double y) {
  std::uint64_t most = 0;
  for (const TimeSlice& slice : slices.slices) most = std::max(most, slice.fail + slice.info);
  const double scale = round_up(per_second(most, slices));
  frame.draw_panel(svg, "fail, info /s", y, failed_height);
  frame.draw_level(svg, y, most == 0 ? "" : rate_text(scale));
  frame.draw_level(svg, y + failed_height, "0");
  for (std::size_t at = 0; at < slices.slices.size(); ++at) {
    const TimeSlice& slice = slices.slices[at];
    const double x = frame.slice_begin(slices, at), width = std::max(0.8, frame.slice_end(slices, at) - x - 0.4);
    double bottom = y + failed_height;
    const auto stack = [&](std::uint64_t count, const char* style) {
      if (count == 0) return;
      // Never thinner than a line: a single failure must be seen beside thousands.
      const double height = std::max(1.5, failed_height * per_second(count, slices) / scale);
      bottom = std::max(y, bottom - height);
      svg.rect(x, bottom, width, height, style);
    };
    stack(slice.info, "info-column");
    stack(slice.fail, "fail-column");
  }
  frame.draw_legend(svg, y, {{"fail-key", "fail: certainly did not happen"}, {"info-key", "info: nobody knows"}});
}

// The decades that hold every latency, in powers of ten of a nanosecond.
struct Decades {
  int low = 3, high = 9;
};

Decades decades_of(const TimeSlices& slices) {
  Decades decades{.low = 99, .high = -1};
  for (const TimeSlice& slice : slices.slices) {
    if (slice.max.count() <= 0) continue;
    const auto log = [](nanoseconds latency) {
      return std::log10(std::max(1.0, static_cast<double>(latency.count())));
    };
    decades.low = std::min(decades.low, static_cast<int>(std::floor(log(slice.p50))));
    decades.high = std::max(decades.high, static_cast<int>(std::ceil(log(slice.max))));
  }
  if (decades.high < 0) return {};
  decades.high = std::max(decades.high, decades.low + 1);
  return decades;
}

void draw_latency(Svg& svg, const ChartFrame& frame, const TimeSlices& slices, double y) {
  const Decades decades = decades_of(slices);
  const double decade_height = latency_height / (decades.high - decades.low);
  const auto height_of = [&](nanoseconds latency) {
    const double log = std::log10(std::max(1.0, static_cast<double>(latency.count())));
    return y + latency_height - std::max(0.0, log - decades.low) * decade_height;
  };
  frame.draw_panel(svg, "latency of ok", y, latency_height);
  for (int decade = decades.low; decade <= decades.high; ++decade) {
    const auto level = static_cast<std::int64_t>(std::llround(std::pow(10, decade)));
    frame.draw_level(svg, height_of(nanoseconds(level)), duration_text(nanoseconds(level)));
  }
  const auto line = [&](nanoseconds TimeSlice::*quantile, const char* style) {
    std::string path;
    bool pen_down = false;
    for (std::size_t at = 0; at < slices.slices.size(); ++at) {
      const TimeSlice& slice = slices.slices[at];
      const bool any = slice.max.count() > 0;
      const std::string height = any ? coordinate(height_of(slice.*quantile)) : "";
      if (any && !pen_down) path += fmt::format("M{} {}", coordinate(frame.slice_begin(slices, at)), height);
      if (any && pen_down) path += "V" + height;
      if (any) path += "H" + coordinate(frame.slice_end(slices, at));
      pen_down = any;
    }
    if (!path.empty()) svg.path(path, style);
  };
  for (std::size_t at = 0; at < slices.slices.size(); ++at) {
    if (slices.slices[at].max.count() <= 0) continue;
    const double middle = (frame.slice_begin(slices, at) + frame.slice_end(slices, at)) / 2;
    svg.circle(middle, height_of(slices.slices[at].max), 1.7, "max-dot");
  }
  line(&TimeSlice::p99, "p99-line");
  line(&TimeSlice::p50, "p50-line");
  frame.draw_legend(svg, y, {{"p50-key", "p50"}, {"p99-key", "p99"}, {"max-key", "max"}});
}

// Where a check saw the impossible, through all panels: which fault raged then is the reader's next question.
void draw_violations(Svg& svg, const ChartFrame& frame, const Results& results, double top, double bottom) {
  for (const checker::Finding& finding : results.findings) {
    if (!finding.witness.has_value()) continue;
    const double x = frame.x(finding.witness->completion.time);
    const std::string words = finding.check + " violated";
    const bool room = x + text_width(words, 11) + 6 < ChartFrame::right_edge;
    svg.line(x, top, x, bottom, "violation");
    svg.text(room ? x + 5 : x - 5, top + 8, "culprit-text", words, room ? Svg::Anchor::start : Svg::Anchor::end);
  }
}

// An invisible column per slice: under the pointer it shows itself through all panels, with the slice's figures.
void draw_readouts(Svg& svg, const ChartFrame& frame, const TimeSlices& slices, double top, double bottom) {
  for (std::size_t at = 0; at < slices.slices.size(); ++at) {
    const TimeSlice& slice = slices.slices[at];
    const nanoseconds from = slices.width * static_cast<std::int64_t>(at);
    std::string words =
        fmt::format("{} to {}\nok {}, fail {}, info {}", duration_text(from), duration_text(from + slices.width),
                    grouped(slice.ok), grouped(slice.fail), grouped(slice.info));
    if (slice.ok > 0) {
      words += fmt::format("\nlatency p50 {}, p99 {}, max {}", duration_text(slice.p50), duration_text(slice.p99),
                           duration_text(slice.max));
    }
    const double x = frame.slice_begin(slices, at);
    svg.rect(x, top, frame.slice_end(slices, at) - x, bottom - top, "readout", words);
  }
}

std::string description(const Results& results, const TimeSlices& slices, std::size_t faults) {
  std::uint64_t most = 0;
  for (const TimeSlice& slice : slices.slices) most = std::max(most, slice.ok);
  return fmt::format(
      "{} over the time of the run, above the ok operations per second (at most {}), the failed and indeterminate "
      "ones, "
      "and the latencies on a logarithmic scale (p50 {}, p99 {}, max {} over the whole run). The tables below say the "
      "same in numbers.",
      counted(faults, "fault"), rate_text(per_second(most, slices)), duration_text(results.latencies.p50),
      duration_text(results.latencies.p99), duration_text(results.latencies.max));
}

}  // namespace

std::string run_chart(const Results& results, const HistoryDigest& history) {
  const nanoseconds end = std::max(results.ended, history.end());
  if (history.empty() || end.count() <= 0) return "<p>The history holds nothing that could be drawn over time.</p>\n";

  const TimeSlices slices = history.slices(end, TimeSlicer::most_slices);
  const std::vector<FaultSpan>& spans = history.faults();
  const ChartFrame frame{.end = end};
  const FaultLanes lanes(spans, results.exits, frame);

  const double phases = 6, faults = phases + 40, ok = faults + lanes.height() + panel_gap;
  const double failed = ok + ok_height + panel_gap, latency = failed + failed_height + panel_gap;
  const double bottom = latency + latency_height;
  Svg svg;
  frame.draw_time_axis(svg, phases + 18, bottom);
  lanes.draw_shadows(svg, ok, bottom);
  draw_phases(svg, frame, results, phases);
  draw_ok(svg, frame, slices, ok);
  draw_failed(svg, frame, slices, failed);
  draw_latency(svg, frame, slices, latency);
  draw_readouts(svg, frame, slices, ok, bottom);
  lanes.draw(svg, faults);
  draw_violations(svg, frame, results, phases + 20, bottom);
  return "<div class=\"scroll\" tabindex=\"0\">" +
         svg.finish("run", chart_width, bottom + 40, "The run over time", description(results, slices, spans.size())) +
         "</div>\n";
}

}  // namespace ordeal::harness
