// What the panels of the run's chart share: the time axis, and the look of a panel. Pure; any thread.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "harness/report/svg.h"
#include "harness/report/time_slices.h"

namespace ordeal::harness {

inline constexpr double chart_width = 1080, chart_left = 104, chart_right = 14;

struct ChartFrame {
  std::chrono::nanoseconds end{1};  // of the axis, which begins with the run; above 0

  static constexpr double left = chart_left, right_edge = chart_width - chart_right;

  double x(std::chrono::nanoseconds time) const;
  double slice_begin(const TimeSlices& slices, std::size_t at) const;
  double slice_end(const TimeSlices& slices, std::size_t at) const;

  void draw_time_axis(Svg& svg, double top, double bottom) const;
  void draw_panel(Svg& svg, const char* name, double y, double height) const;
  void draw_level(Svg& svg, double y, const std::string& label) const;  // a horizontal line of the grid

  struct Key {
    const char* style;
    const char* words;
  };
  void draw_legend(Svg& svg, double panel_top, const std::vector<Key>& keys) const;
};

}  // namespace ordeal::harness
