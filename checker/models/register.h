// A register: read, write, and (cas_register) cas [expected, new].

#pragma once

#include "checker/models/model.h"

namespace ordeal::checker {

Value register_initial(const Value& asked);
Effect register_effect(const Operation& operation);
Effect cas_register_effect(const Operation& operation);

}  // namespace ordeal::checker
