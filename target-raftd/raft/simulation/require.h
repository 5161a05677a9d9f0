// How a rule is stated: what must hold, its name, and what was seen. Any thread.

#pragma once

#include <fmt/core.h>

#include <string>
#include <utility>

#include "target-raftd/raft/simulation/invariants.h"

namespace raftd::simulation {

template <typename... Args>
void require(bool holds, const char* rule, fmt::format_string<Args...> text, Args&&... args) {
  if (!holds) {
    throw Violation(std::string(rule) + ": " + fmt::format(text, std::forward<Args>(args)...));
  }
}

}  // namespace raftd::simulation
