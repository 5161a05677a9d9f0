// The slow twin of the search: tries every order there is.  Pure; any thread.
//
// No rule, no memo, no bits: obviously right, and hopeless beyond a dozen operations. Tests hold the search against it,
// and every small witness is confirmed by it before it is shown.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "checker/models/model.h"

namespace ordeal::checker {

// Whether the first `cut` events of the history that `operations` (in the order of their calls) come from have a
// linearization. Nothing after `max_steps` steps.
std::optional<bool> linearizable_by_brute_force(std::span<const Operation> operations,
                                                const LinearizableOptions& options, std::size_t cut,
                                                std::uint64_t max_steps);

}  // namespace ordeal::checker
