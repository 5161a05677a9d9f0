// An order that shows that a history is linearizable, and the replay that proves an order right.  Pure; any thread.
//
// The engines answer yes or no. Who wants to see why a history is valid asks here for one of its orders; and since an
// order is easily proved right, whatever a clever algorithm left out cannot hurt: `replay` knows no rule but the
// definition of linearizability.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "checker/linearizability/budget.h"
#include "checker/linearizability/problem.h"

namespace ordeal::checker {

// The operations that take effect, in the order in which they do, as indices into problem.operations: every required
// one, and those of the optional ones that it takes. Nothing when there is no order, or when none was found before the
// budget ended; each step of a search is one of the budget's.
//
// Registers whose values are written once, and a search in general: 10^5 operations take a fraction of a second where
// few overlap.
std::optional<std::vector<std::uint32_t>> linearization(const Problem& problem, Budget& budget);

struct ReplayError {
  std::size_t at = 0;  // index into the order; its size: something is missing
  std::string why;
  bool operator==(const ReplayError&) const = default;
};

// Nothing when the order is a linearization: each required operation once and each optional one at most once, none
// after another that was called only after it had returned, and every one accepted by the model in its turn.
std::optional<ReplayError> replay(const Problem& problem, std::span<const std::uint32_t> order);

// The same by the theorem of Gibbons and Korach (SICOMP 1997) about registers whose values are written once: what
// concerns one value (its write and all its reads; with cas, the chain of such values) stands together, and the blocks
// stand in the order of their first return or last call, whichever is earlier. A guess where a value is written twice:
// the caller replays it.
std::vector<std::uint32_t> order_by_blocks(const Problem& problem);

// Of each operation whether it is optional and cannot help in any linearization: an observer, or one that makes a state
// that nobody needs. (With steps that look at every state none but observers; and when something forbids a state, as a
// write of any other one may be what it waited for, unless `forbidding` is false: who does not care for those.)
std::vector<bool> useless_optional(std::span<const PreparedOperation> operations, std::size_t state_count,
                                   bool forbidding = true);

}  // namespace ordeal::checker
