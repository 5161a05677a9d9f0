// Locks. A mutex has no owners: acquire when it is free, release when it is held. Of an owned mutex only the owner
// releases: the value that the operation carries, or, with nil, the process.

#pragma once

#include "checker/models/model.h"

namespace ordeal::checker {

// The state: nil when the lock is free; else the owner, or -1 when there are none.
Value mutex_initial(const Value& asked);  // nil or "free", or "held"
Effect mutex_effect(const CompactOperation& operation, const Vocabulary& vocabulary);

Value owned_mutex_initial(const Value& asked);  // nil or "free", or the owner
Effect owned_mutex_effect(const CompactOperation& operation, const Vocabulary& vocabulary);

std::string lock_text(const Value& state);  // "free", "held", "held by 3"

}  // namespace ordeal::checker
