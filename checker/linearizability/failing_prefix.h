// Where a history stops being linearizable.  Pure; any thread.

#pragma once

#include <cstdint>
#include <optional>

#include "checker/linearizability/search.h"

namespace ordeal::checker {

// The position of the first return at which no configuration survives: the prefix that ends with it has no
// linearization, and every shorter one has. Prefixes of linearizable histories are linearizable, so halving finds it.
//
// Asked of a problem that is not linearizable, whose searches had passed every return before `reached`. `below`: only
// look for a return before this position; nothing when there is none. When the budget ends, the smallest failing prefix
// that was found till then.
std::optional<std::uint32_t> first_failing_return(const Problem& problem, Budget& budget, SearchWorkspace& workspace,
                                                  std::uint32_t reached,
                                                  std::uint32_t below = PreparedOperation::forever);

}  // namespace ordeal::checker
