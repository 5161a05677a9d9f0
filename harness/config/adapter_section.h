// A target's `adapter`: the command of the program that does its clients' operations. Any thread.

#pragma once

#include <string>
#include <vector>

#include "harness/config/reader.h"

namespace ordeal::harness {

// Its words; ${here} is the folder of the file in which they stand, and the only variable: one adapter serves all
// nodes.
std::vector<std::string> adapter_command_of(const Setting& setting);

}  // namespace ordeal::harness
