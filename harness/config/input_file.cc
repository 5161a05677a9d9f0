#include "harness/config/input_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "harness/config/config_error.h"
#include "harness/config/plain_text.h"
#include "harness/config/suggestion.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest = std::size_t{1} << 20;

// A near name among the files beside it, or where to look.
std::string cure_for_missing(const fs::path& file, const std::string& what) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const std::vector<std::string> files = yaml_files(folder);
  const std::string near = suggestion(file.stem().string(), {files.begin(), files.end()});
  if (near.starts_with("did you mean ")) {
    const std::string name = near.substr(13, near.size() - 14) + ".yaml";
    return fmt::format("did you mean {}?", file.has_parent_path() ? (folder / name).string() : name);
  }
  std::error_code ignored;
  return fmt::format("looked for {}; give the path of a {}, such as {}", fs::absolute(file, ignored).string(), what,
                     what == "plan" ? "configs/quickstart.yaml" : "configs/targets/raftd.yaml");
}

}  // namespace

std::string read_input_file(const fs::path& file, const std::string& what) {
  const std::string shown = quotable_path(file);
  if (file.empty()) throw ConfigError(fmt::format("the path of the {0} is empty; give the path of a {0}", what));
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) {
    throw ConfigError(fmt::format("{}: no such file; {}", shown, cure_for_missing(file, what)));
  }
  if (status.type() == fs::file_type::none)
    throw ConfigError(fmt::format("{}: {}; check the path", shown, error.message()));
  if (status.type() == fs::file_type::directory) {
    throw ConfigError(fmt::format("{}: is a folder; give the path of a {} in it", shown, what));
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    const std::string reason = std::generic_category().message(errno);
    throw ConfigError(fmt::format("{}: cannot be read: {}; check its permissions", shown, reason));
  }
  std::string text(largest + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > largest) {
    throw ConfigError(fmt::format("{}: is larger than 1 MiB; a {} is a short YAML text", shown, what));
  }
  return text;
}

std::vector<std::string> yaml_files(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".yaml") names.push_back(entry->path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace ordeal::harness
