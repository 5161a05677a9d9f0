#include "harness/cli/program.h"

#include <string>

namespace ordeal::harness {

namespace fs = std::filesystem;

fs::path program_file() {
  return fs::read_symlink("/proc/self/exe");
}

fs::path config_folder() {
  return ORDEAL_CONFIG_FOLDER;
}

std::string program_as_typed() {
  const fs::path program = program_file();
  const fs::path relative = program.lexically_proximate(fs::current_path());
  const bool below = !relative.empty() && *relative.begin() != "..";
  return below && relative.has_parent_path() ? relative.string() : program.string();
}

}  // namespace ordeal::harness
