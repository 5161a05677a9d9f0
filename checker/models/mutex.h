// A lock. Without owners: acquire when it is free, release when it is held.

#pragma once

#include "checker/models/model.h"

namespace ordeal::checker {

// The state is nil when the lock is free.
Value mutex_initial(const Value& asked);  // nil or "free", or "held"
Effect mutex_effect(const CompactOperation& operation, const Vocabulary& vocabulary);
std::string mutex_state_text(const Value& state);

}  // namespace ordeal::checker
