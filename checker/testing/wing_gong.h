// The plain twin of the search: Wing and Gong's algorithm with Lowe's memoisation, as in the papers, and nothing else.
// Only tests link this.
//
// Idea. As the brute force it puts one operation after the other, any that was called before the first return that is
// still missing, and goes back when none fits. But it remembers (which operations have a place, the state) and never
// tries to go on from the same pair twice. That is enough to judge histories of dozens of operations, where the brute
// force is hopeless and where the search has used all of its rules.
//
// Sources: Wing & Gong, "Testing and Verifying Concurrent Objects" (1993); Lowe, "Testing for Linearizability" (2017).

#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "checker/models/model.h"

namespace ordeal::checker {

// Whether the first `cut` events have a linearization. Nothing after `max_pairs` remembered pairs.
std::optional<bool> linearizable_by_wing_and_gong(std::span<const Operation> operations,
                                                  const LinearizableOptions& options, std::size_t cut,
                                                  std::size_t max_pairs);

}  // namespace ordeal::checker
