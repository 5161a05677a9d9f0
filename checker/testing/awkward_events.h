// Events that are awkward to write and read: escapes, Unicode, doubles, integers at their edges, nested lists, missing
// fields.  Pure.

#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "checker/event.h"

namespace ordeal::checker {

Value awkward_value(std::mt19937_64& random, int depth = 0);
std::string awkward_name(std::mt19937_64& random);
Event awkward_event(std::mt19937_64& random, std::uint64_t index);

}  // namespace ordeal::checker
