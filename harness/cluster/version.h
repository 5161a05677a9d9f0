// Whether the installed target is new enough. Any thread.

#pragma once

#include <filesystem>
#include <string_view>

#include "harness/config/target.h"

namespace ordeal::harness {

// 3.4 before 3.4.1 before 3.10, part by part; what follows the numbers of a part counts as nothing: 1-rc2 is 1. Pure.
bool is_older(std::string_view version, std::string_view than);

// Asks as the target's `version` says, in no sandbox. Throws ConfigError when what is installed is older than that, or
// does not say; does nothing when the target demands nothing.
void require_version(const Target& target, const std::filesystem::path& binary);

}  // namespace ordeal::harness
