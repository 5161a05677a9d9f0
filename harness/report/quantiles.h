// Quantiles of durations, by nearest rank: always one of the values, never a number between two. Pure; any thread.

#pragma once

#include <chrono>
#include <vector>

namespace ordeal::harness {

// The smallest value that at least the share `quantile` (0..1) of all does not exceed. `values` is reordered; it must
// not be empty.
std::chrono::nanoseconds quantile_of(std::vector<std::chrono::nanoseconds>& values, double quantile);

}  // namespace ordeal::harness
