// How much a check may spend.  One check owns one; the searches of its keys share it.  Not thread-safe.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

#include "checker/linearizable.h"

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
    if (memory_in_use_ && memory_in_use_() > whole_limit_) return Exceeded::memory;
    return elapsed_ && elapsed_() > time_limit_ ? Exceeded::time : Exceeded::nothing;
  }

  // What the whole check holds in truth, asked now and then, against its whole limit; empty: never.
  void measure_memory(std::function<std::size_t()> in_use, std::size_t limit) {
    memory_in_use_ = std::move(in_use);
    whole_limit_ = limit;
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
  std::function<std::size_t()> memory_in_use_;
  std::size_t whole_limit_ = 0;
  std::chrono::nanoseconds time_limit_;
  std::size_t memory_limit_;
  std::uint64_t steps_ = 0;
  std::uint64_t steps_left_ = std::numeric_limits<std::uint64_t>::max();
};

// The same question of a check that holds `bytes` outside of any search.
Budget::Exceeded over_a_limit(const LinearizableOptions& options, std::size_t bytes);

}  // namespace ordeal::checker
