// The few operations of a history that still contradict each other.  Pure; any thread.

#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "checker/linearizability/budget.h"
#include "checker/linearizability/problem.h"

namespace ordeal::checker {

struct Core {
  static constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

  std::vector<std::uint32_t> operations = {};  // ascending indices into key.prepared
  std::vector<bool> optional = {};             // of each: whether they contradict each other even if it never happened
  StateId initial = 0;                         // where they begin: the key's initial state, or ...
  std::uint32_t anchor = nobody;  // ... the one that this operation, the first of the core that must happen, fixes
};

// The operation that returns at `position`, where the shortest failing prefix ends, is among them. What is left out or
// relaxed cannot have created the contradiction: put back, the operations have no linearization either. When the budget
// ends, the core is as small as it is then. A core of few operations is minimal: with one more of them relaxed (an
// observer dropped, any other made optional) it has a linearization; except for the anchor.
Core shrink(KeyHistory& key, std::uint32_t position, Budget& budget);

// The operation that returns at `position`, as an index into key.prepared.
std::uint32_t returning_at(const KeyHistory& key, std::uint32_t position);

}  // namespace ordeal::checker
