// Counts durations in buckets with fixed upper bounds, as Prometheus wants them. Pure. One thread.

#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace raftd::daemon {

class Histogram {
 public:
  // Seconds; what is longer than the last bound counts in a bucket of its own.
  static constexpr std::array<double, 16> bounds = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                    0.025,   0.05,   0.1,     0.25,   0.5,   1,      2.5,   5};

  void observe(std::chrono::nanoseconds duration) {
    const double seconds = std::chrono::duration<double>(duration).count();
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
    ++buckets_[static_cast<std::size_t>(bucket)];
    sum_ += seconds;
  }

  const std::array<std::uint64_t, bounds.size() + 1>& buckets() const { return buckets_; }
  double sum() const { return sum_; }  // in seconds

 private:
  std::array<std::uint64_t, bounds.size() + 1> buckets_{};
  double sum_ = 0;
};

}  // namespace raftd::daemon
