// The twin of all engines: every order of a small history, tried.  Pure; any thread.

#pragma once

#include <cstdint>

#include "checker/fuzz/small_history.h"

namespace ordeal::checker {

struct SmallVerdict {
  bool linearizable = false;
  std::uint32_t failing = 0;  // else: the position of the first event at which it is not
};

// Idea. As brute_force.h: next comes any operation that was called before the first return of those that are still
// required. The latest such return that any order meets is the first failing event: an order that reaches it has given
// a place to all that returned before, using only what was called before it, and so shows that the history up to there
// is linearizable; and each order of a longer prefix would pass it.
SmallVerdict judge_by_all_orders(const SmallHistory& history);

}  // namespace ordeal::checker
