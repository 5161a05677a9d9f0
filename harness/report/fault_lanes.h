// The faults of a run as bars above its charts, and the node exits that nobody asked for. One thread.
//
// A few faults are packed into as few lanes as their labels allow, each with its name. Beyond that there is one lane
// for each kind, with a column for each slice of time, as high as many were injected in it: a night of thousands stays
// one picture.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/report/chart_frame.h"
#include "harness/report/fault_spans.h"
#include "harness/report/results.h"

namespace ordeal::harness {

class FaultLanes {
 public:
  // All three outlive this.
  FaultLanes(const std::vector<FaultSpan>& spans, const std::vector<NodeExit>& exits, const ChartFrame& frame);

  double height() const;
  void draw(Svg& svg, double y) const;
  // The times of faults that had effect, as faint bands through the panels from `top` to `bottom`.
  void draw_shadows(Svg& svg, double top, double bottom) const;

 private:
  struct Bar {
    double begin = 0, end = 0, label_x = 0;
    std::size_t lane = 0;
    double height = 0;  // from the lane's floor
    bool effect = true;
    std::string style, label, tooltip;
  };

  static void place_label(Bar& bar);
  void pack(const FaultSpan& span, std::vector<double>& lane_ends);
  void group(const std::vector<FaultSpan>& spans);
  Bar bar_of(const FaultSpan& span) const;
  void draw_exits(Svg& svg, double y) const;

  const std::vector<NodeExit>& exits_;
  const ChartFrame& frame_;
  bool grouped_;
  std::vector<Bar> bars_;
  std::vector<std::string> lane_names_;  // when grouped: the kinds
  std::size_t lanes_ = 0;
  bool unexpected_exits_ = false;
};

}  // namespace ordeal::harness
