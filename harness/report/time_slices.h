// A history as equal slices of time, so that a chart of 500,000 operations is as small as one of 50. Pure; any thread.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "checker/event.h"

namespace ordeal::harness {

struct TimeSlice {
  std::uint64_t ok = 0, fail = 0, info = 0;  // operations that returned in it (or were called and never returned)
  std::chrono::nanoseconds p50{0}, p99{0}, max{0};  // latencies of its ok ones; 0 without any
};

struct TimeSlices {
  std::chrono::nanoseconds width{1};  // of each: 1, 2 or 5 times a power of ten
  std::vector<TimeSlice> slices;      // from 0 on
};

// As few slices of [0, end] as stay at or below `most`, at least one; events beyond `end` fall into the last one.
TimeSlices slice_history(const checker::History& history, std::chrono::nanoseconds end, std::size_t most);

// The smallest of 1, 2, 5, 10, 20, 50... nanoseconds of which at most `most` steps are needed for `span`.
std::chrono::nanoseconds round_step(std::chrono::nanoseconds span, std::size_t most);

}  // namespace ordeal::harness
