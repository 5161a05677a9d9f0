// A register: read, write, and (cas_register) cas [expected, new].

#pragma once

#include "checker/models/model.h"

namespace ordeal::checker {

Value register_initial(const Value& asked);
Effect register_effect(const CompactOperation& operation, const Vocabulary& vocabulary);
Effect cas_register_effect(const CompactOperation& operation, const Vocabulary& vocabulary);

// Of a cas [expected, new], for other models that have one.
Effect cas_effect(const CompactOperation& operation, const Vocabulary& vocabulary);

}  // namespace ordeal::checker
