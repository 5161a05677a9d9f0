// How much a check may spend.  One check owns one; the searches of its keys share it.  Not thread-safe.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

namespace ordeal::checker {

class Budget {
 public:
  Budget(std::function<std::chrono::nanoseconds()> elapsed, std::chrono::nanoseconds time_limit,
         std::size_t memory_limit)
      : elapsed_(std::move(elapsed)), time_limit_(time_limit), memory_limit_(memory_limit) {}

  enum class Exceeded : std::uint8_t { nothing, time, memory, steps, cancelled };

  // Called before each configuration that a search expands, with the bytes that it holds at that moment; looks at the
  // clock now and then only.
  Exceeded spend(std::size_t bytes) {
    if (bytes > memory_limit_) return Exceeded::memory;
    if (steps_left_ == 0) return Exceeded::steps;
    --steps_left_;
    if (++steps_ % 256 != 0) return Exceeded::nothing;
    if (cancelled_ && cancelled_()) return Exceeded::cancelled;
    return elapsed_ && elapsed_() > time_limit_ ? Exceeded::time : Exceeded::nothing;
  }

  // Asked now and then; empty: never.
  void cancel_when(std::function<bool()> cancelled) { cancelled_ = std::move(cancelled); }

  std::size_t memory_limit() const { return memory_limit_; }

  // At most so many further expansions: for work that is nice to have (a smaller witness), never for a verdict.
  void limit_steps(std::uint64_t further) { steps_left_ = further; }
  std::uint64_t steps_left() const { return steps_left_; }
  void charge(std::uint64_t steps) { steps_left_ -= steps < steps_left_ ? steps : steps_left_; }

 private:
  std::function<std::chrono::nanoseconds()> elapsed_;
  std::function<bool()> cancelled_;
  std::chrono::nanoseconds time_limit_;
  std::size_t memory_limit_;
  std::uint64_t steps_ = 0;
  std::uint64_t steps_left_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace ordeal::checker
