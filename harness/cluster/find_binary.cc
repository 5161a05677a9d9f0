#include "harness/cluster/find_binary.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <system_error>

namespace ordeal::harness {

namespace {

std::optional<std::filesystem::path> executable(const std::filesystem::path& candidate) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(candidate, error) || ::access(candidate.c_str(), X_OK) != 0)
    return std::nullopt;
  return std::filesystem::absolute(candidate).lexically_normal();
}

}  // namespace

std::optional<std::filesystem::path> find_binary(const std::string& name, const std::filesystem::path& program_folder) {
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string::npos) return executable(name);
  if (auto beside = executable(program_folder / name)) return beside;
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  for (bool more = !rest.empty(); more;) {
    const std::size_t colon = rest.find(':');
    const std::string_view folder = rest.substr(0, colon);
    if (auto found = executable(std::filesystem::path(folder.empty() ? "." : folder) / name)) return found;
    more = colon != std::string_view::npos;
    if (more) rest.remove_prefix(colon + 1);
  }
  return std::nullopt;
}

}  // namespace ordeal::harness
