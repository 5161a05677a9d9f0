// Text that people wrote and that messages repeat. Pure; any thread.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ordeal::harness {

// Whether `origin` is a `--set path=value` of the command line rather than a file.
bool is_override(std::string_view origin);

// Throws ConfigError, with the place of the first such byte, for what no editor would show: NUL and other control
// characters, and bytes that are not UTF-8.
void refuse_binary(std::string_view text, const std::string& origin);

// For a message: control characters as \xNN, shortened to a line.
std::string quotable(std::string_view text);

// For a message: control characters as \xNN, never shortened, since a path that was cut names nothing.
std::string quotable_path(const std::filesystem::path& path);

}  // namespace ordeal::harness
