// A key that holds a string: put replaces it, append adds to its end, get returns it.

#pragma once

#include "checker/models/model.h"

namespace ordeal::checker {

Value kv_append_initial(const Value& asked);  // nil or a string; nil stands for ""
Effect kv_append_effect(const CompactOperation& operation, const Vocabulary& vocabulary);
std::optional<Value> kv_append_step(const Value& state, const FullEffect& effect);

}  // namespace ordeal::checker
