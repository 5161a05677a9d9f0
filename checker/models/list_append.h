// A list that only grows: append adds an element to its end, read returns all of it.

#pragma once

#include "checker/models/model.h"

namespace ordeal::checker {

Value list_append_initial(const Value& asked);  // nil or a list; nil stands for []
Effect list_append_effect(const CompactOperation& operation, const Vocabulary& vocabulary);
std::optional<Value> list_append_step(const Value& state, const FullEffect& effect);

}  // namespace ordeal::checker
