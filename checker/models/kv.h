// A key of a key-value store: get, put, delete, cas [expected, new]; nil stands for "there is no such key".

#pragma once

#include "checker/models/model.h"

namespace ordeal::checker {

Effect kv_effect(const CompactOperation& operation, const Vocabulary& vocabulary);

}  // namespace ordeal::checker
