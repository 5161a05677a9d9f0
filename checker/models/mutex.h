// A lock without owners: acquire when it is free, release when it is held.

#pragma once

#include "checker/models/model.h"

namespace ordeal::checker {

Value mutex_initial(const Value& asked);  // nil or "free", or "held"
Effect mutex_effect(const Operation& operation);

}  // namespace ordeal::checker
