// Quantiles of durations, by nearest rank. Not thread-safe.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ordeal::harness {

// The smallest value that at least the share `quantile` (0..1) of all does not exceed: always one of the values, never
// a number between two. `values` is reordered; it must not be empty.
std::chrono::nanoseconds quantile_of(std::vector<std::chrono::nanoseconds>& values, double quantile);

// Any number of durations in bounded memory. Up to `exact` of them are kept as they are. Beyond that they are counted
// in classes, 2^precision of them to each doubling, and a quantile is the largest value of its class: too large by less
// than 1/2^precision. The number of values and the largest one are always exact.
//
//   precision 3:  ... [8,9) [9,10) ... [15,16) [16,18) [18,20) ... [30,32) [32,36) ...
class Durations {
 public:
  Durations(std::size_t exact, unsigned precision) : exact_(exact), precision_(precision) {}

  void add(std::chrono::nanoseconds value);  // a negative one counts as 0
  void add(const Durations& others);         // of the same precision

  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds max() const { return max_; }      // 0 without any
  std::chrono::nanoseconds quantile(double quantile) const;  // 0 without any

 private:
  std::size_t class_of(std::chrono::nanoseconds value) const;
  std::chrono::nanoseconds largest_of(std::size_t class_number) const;
  void count_in(std::size_t class_number, std::uint64_t times);
  void classify();

  std::size_t exact_;
  unsigned precision_;
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds max_{0};
  std::vector<std::chrono::nanoseconds> values_;  // all of them, while they are few enough
  std::vector<std::uint64_t> classes_;            // else how many each class has ...
  std::size_t first_class_ = 0;                   // ... from this one on
};

}  // namespace ordeal::harness
