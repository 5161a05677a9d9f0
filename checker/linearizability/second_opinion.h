// A second answer to "is this linearizable?", by the plainest algorithm that still manages twenty operations.  Pure;
// any thread.
//
// Its memory makes it faster than the brute force, and it shares no rule with the engines: it puts one operation after
// the other, any that was called before the first return that is still missing, and remembers the (set of operations
// that have a place, state) from which that led nowhere. So at most 2^n sets times the states that they can lead to.

#pragma once

#include <cstdint>
#include <optional>

#include "checker/linearizability/problem.h"

namespace ordeal::checker {

// Nothing after `most_steps` steps, or with more than 64 operations.
std::optional<bool> second_opinion(const Problem& problem, std::uint64_t most_steps);

}  // namespace ordeal::checker
