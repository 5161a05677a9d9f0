// Which program a run starts as its nodes. Any thread.

#pragma once

#include <filesystem>
#include <string>

#include "harness/config/target.h"

namespace ordeal::harness {

// The target's program, or the one that --binary puts in its place (empty: nothing does). Throws ConfigError, also
// when the target's program is older than its file wants.
std::filesystem::path target_binary(const std::string& instead, const Target& target);

}  // namespace ordeal::harness
