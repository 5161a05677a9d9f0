// The slow twin of the search: tries every order there is.  Pure; any thread.
//
// No rule, no memo, no bits: obviously right, and hopeless beyond a dozen operations. Tests hold the search against it,
// and every small witness is confirmed by it before it is shown.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "checker/models/model.h"

namespace ordeal::checker {

// An operation as a plain algorithm sees it: no interning, no rule has touched it.
struct Candidate {
  FullEffect effect = {};
  std::size_t called = 0;
  std::size_t returned = 0;
  bool required = false;  // it returned before the cut, so it must take effect; else it may
  bool done = false;      // while an order is tried: it has its place in it
};

// The operations that were called among the first `cut` events and say something, in the order of their calls.
std::vector<Candidate> candidates_of(std::span<const Operation> operations, const LinearizableOptions& options,
                                     std::size_t cut);

// Whether the first `cut` events of the history that `operations` (in the order of their calls) come from have a
// linearization. Nothing after `max_steps` steps.
std::optional<bool> linearizable_by_brute_force(std::span<const Operation> operations,
                                                const LinearizableOptions& options, std::size_t cut,
                                                std::uint64_t max_steps);

}  // namespace ordeal::checker
