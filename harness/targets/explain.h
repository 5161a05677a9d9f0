// What a target's file says, in words, for whoever wrote it. Pure; any thread.

#pragma once

#include <string>

#include "harness/config/target.h"

namespace ordeal::harness {

// Lines of "label  text", with the node's variables left as they are written.
std::string explain(const Target& target);

}  // namespace ordeal::harness
