// How much time is left of an operation that is made of several requests. Plain values; any thread.

#pragma once

#include <algorithm>
#include <chrono>

namespace ordeal::harness {

class Deadline {
 public:
  // `timeout`: of one request.
  explicit Deadline(std::chrono::nanoseconds timeout)
      : timeout_(timeout), end_(std::chrono::steady_clock::now() + patience * timeout) {}
  bool passed() const { return left().count() <= 0; }
  std::chrono::nanoseconds of_one_request() const { return std::min(timeout_, left()); }

 private:
  static constexpr int patience = 5;  // the whole lasts this many times the time-out of one, at most

  std::chrono::nanoseconds left() const { return end_ - std::chrono::steady_clock::now(); }

  std::chrono::nanoseconds timeout_;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace ordeal::harness
