// A history as equal slices of time, so that a chart of 500,000 operations is as small as one of 50. Pure; any thread.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "checker/event.h"
#include "harness/report/quantiles.h"

namespace ordeal::harness {

struct TimeSlice {
  std::uint64_t ok = 0, fail = 0, info = 0;  // operations that returned in it (or were called and never returned)
  std::chrono::nanoseconds p50{0}, p99{0}, max{0};  // latencies of its ok ones; 0 without any
};

struct TimeSlices {
  std::chrono::nanoseconds width{1};  // of each: 1, 2 or 5 times a power of ten
  std::vector<TimeSlice> slices;      // from 0 on
};

// Slices a history event by event, before it is known when it ends: in steps of a power of ten, at most a few thousand
// of them, which become ten times as wide whenever the history outgrows them. One thread.
class TimeSlicer {
 public:
  static constexpr std::size_t most_slices = 200;

  // `latency`: of an ok operation whose call is known.
  void add(std::chrono::nanoseconds time, checker::EventType outcome, std::optional<std::chrono::nanoseconds> latency);
  // As few slices of [0, end] as stay at or below `most`, at least one; what lies beyond `end` falls into the last one.
  // With more than most_slices they may be wider than that.
  TimeSlices slices(std::chrono::nanoseconds end, std::size_t most) const;

 private:
  struct Step {
    std::uint64_t ok = 0, fail = 0, info = 0;
    Durations latencies{256, 6};
    void add(const Step& other);
  };

  void widen();

  std::chrono::nanoseconds width_{1};
  std::vector<Step> steps_;
};

// As few slices of [0, end] as stay at or below `most`, at least one; events beyond `end` fall into the last one.
TimeSlices slice_history(const checker::History& history, std::chrono::nanoseconds end, std::size_t most);

// The smallest of 1, 2, 5, 10, 20, 50... nanoseconds of which at most `most` steps are needed for `span`.
std::chrono::nanoseconds round_step(std::chrono::nanoseconds span, std::size_t most);

}  // namespace ordeal::harness
