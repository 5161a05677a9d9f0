// A key that holds a string: put replaces it, append adds to its end, get returns it.

#pragma once

#include "checker/models/model.h"

namespace ordeal::checker {

Value kv_append_initial(const Value& asked);  // nil or a string; nil stands for ""
Effect kv_append_effect(const Operation& operation);

}  // namespace ordeal::checker
