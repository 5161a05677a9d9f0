#include "harness/cli/target_binary.h"

#include <fmt/format.h>

#include "harness/cli/program.h"
#include "harness/cluster/find_binary.h"
#include "harness/cluster/version.h"
#include "harness/config/config_error.h"

namespace ordeal::harness {

std::filesystem::path target_binary(const std::string& instead, const Target& target) {
  if (!instead.empty()) {
    // A path, even without a slash: somebody who names a file does not mean another one of this name on PATH.
    const auto binary = find_binary(std::filesystem::absolute(instead).string(), {});
    if (!binary) throw ConfigError(fmt::format("--binary {}: no such file, or it cannot be executed", instead));
    return *binary;
  }
  const auto binary = find_binary(target.binary, program_file().parent_path());
  if (!binary) {
    throw ConfigError(fmt::format("target {}: its program \"{}\" was found neither beside ordeal nor on PATH; {}",
                                  target.name, target.binary, target.install_hint));
  }
  require_version(target, *binary);
  return *binary;
}

}  // namespace ordeal::harness
