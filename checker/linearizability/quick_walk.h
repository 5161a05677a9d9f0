// The first look at an object: a short walk of a narrow frontier, straight from the collected operations.
// Pure; any thread.
//
// Most objects are small and most are easy; then it is getting ready that takes the time (numbering the states, laying
// out what is open, asking for memory), not the search. So this walk gets nothing ready. It goes along the calls and
// returns as frontier.h does, by the rules 1 to 4, 7 and 8 of frontier.cc, numbers states and slots when it meets them,
// and keeps everything in arrays of fixed size on the stack, which need not even be cleared.
//
// What it does not know is the future; so it drops nothing because of that, and the return at which its frontier
// becomes empty is the first failing one. When the frontier becomes too wide it goes on with the best few
// configurations, which can still reach the end. It gives up when that fails, after so many steps, and at what does not
// fit: more than 64 states, required operations that are open at once, or indeterminate ones; or an effect that steps.

#pragma once

#include <cstddef>
#include <cstdint>

#include "checker/linearizability/compact_problem.h"
#include "checker/linearizability/search.h"

namespace ordeal::checker {

struct QuickWalkOptions {
  std::size_t width = 24;  // of the exact frontier; at most quick_walk_most_width
  std::size_t beam = 2;    // so many go on when it became wider
  // Configurations that it may look at: some at first, and some more for each operation that it comes to.
  std::uint64_t steps = 1024;
  std::uint64_t steps_an_operation = 32;
};

inline constexpr std::size_t quick_walk_most_width = 48;

struct QuickWalkResult {
  SearchResult::Answer answer = SearchResult::Answer::unknown;
  std::uint32_t reached = 0;       // with not_linearizable: the first failing return; else how far it came
  std::size_t configurations = 0;  // met
  Budget::Exceeded exceeded = Budget::Exceeded::nothing;
  bool fits = true;
};

// One walk.
QuickWalkResult walk_quickly(const KeyOperations& key, Atom initial, Budget& budget, const QuickWalkOptions& options);
// Both.
QuickWalkResult walk_quickly(const KeyOperations& key, Atom initial, Budget& budget);

}  // namespace ordeal::checker
