// A frontier that became too wide: keep the best of it, or put several into one.  Pure.

#pragma once

#include <cstddef>

#include "checker/linearizability/frontier_shelf.h"

namespace ordeal::checker {

// Low is good: little was used up, little was forced.
template <std::size_t Words>
int score(const FrontierConfiguration<Words>& c, const OpenOperations& open);

// The best `width` of more than that, in the order in which they came.
template <std::size_t Words>
void keep_the_best(Shelf<Words>& shelf, std::size_t width, const OpenOperations& open);

// Rule 9 of frontier.cc, for those from `first` on, which are more than `width`.
template <std::size_t Words>
void merge(Shelf<Words>& shelf, std::size_t first, std::size_t width, const OpenOperations& open);

}  // namespace ordeal::checker
