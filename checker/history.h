// From the events of a history to operations: each call with its return.  Pure; any thread.
//
//   0 process 3 invoke write 41        operation {call 0, return 2, ok}
//   1 process 5 invoke read            operation {call 1, never returned, info}
//   2 process 3 ok     write 41
//
// The order of two events is their order in the history and nothing else; the intervals are closed, so an operation
// precedes another exactly when its return stands before the other's call.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "checker/event.h"

namespace ordeal::checker {

// The history breaks the rules of event.h, so no verdict about it would mean anything. The message names the event's
// index, what is wrong with it, and what would be right.
class MalformedHistory : public std::runtime_error {
 public:
  MalformedHistory(std::uint64_t event_index, const std::string& wrong_and_cure);
  std::uint64_t event_index() const { return event_index_; }

 private:
  std::uint64_t event_index_;
};

struct Operation {
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

  const Event* call = nullptr;          // into the history that was paired, which must outlive the operation
  const Event* completion = nullptr;    // nullptr: the history ended first
  std::size_t called = 0;               // position of the call in the history
  std::size_t returned = never;         // position of the completion; also of an info one, which bounds nothing
  EventType outcome = EventType::info;  // ok, fail or info
};

// In the order of the calls. Events of the nemesis are no operations.
// Throws MalformedHistory: indices that do not grow, a completion without a call, a second call of a busy process,
// a process that goes on after an info, a completion that names another f or key than its call.
std::vector<Operation> pair_operations(const History& history);

// "process 3's write of 41", "process 3's cas from 4 to 5", "process 3's read of 41", "process 3's acquire"
std::string describe(const Operation& operation);

}  // namespace ordeal::checker
