// Reads a small text file that a person named. Any thread.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ordeal::harness {

// The file's text. `what` says what it should be: "plan". Throws ConfigError, with what was looked for, when there is
// no such file, when it is a folder, cannot be read, or is far too large for what it should be.
std::string read_input_file(const std::filesystem::path& file, const std::string& what);

// The YAML files of a folder by name without .yaml, sorted; none when there is no such folder.
std::vector<std::string> yaml_files(const std::filesystem::path& folder);

}  // namespace ordeal::harness
