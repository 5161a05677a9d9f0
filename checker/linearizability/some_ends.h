// In which states a long history may end.  Pure; any thread.

#pragma once

#include <cstddef>
#include <vector>

#include "checker/linearizability/search.h"

namespace ordeal::checker {

// Up to `limit` ends of linearizations, in different states: one that a walk along all operations finds, and others
// that differ from it in the order of the last operations. None: that did not succeed within the budget, or it is no
// problem for such a walk.
std::vector<SearchEnd> some_ends(const Problem& problem, Budget& budget, std::size_t limit);

}  // namespace ordeal::checker
