// Where a target's program is.

#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace ordeal::harness {

// A name is looked up beside `ordeal` (`program_folder`) first, then on PATH; what holds a slash is a path already.
// The result is absolute and may be executed; nullopt: there is none (the caller says so, with the target's install
// hint).
std::optional<std::filesystem::path> find_binary(const std::string& name, const std::filesystem::path& program_folder);

}  // namespace ordeal::harness
