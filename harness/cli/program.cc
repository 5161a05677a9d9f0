#include "harness/cli/program.h"

#include <string>

#include "harness/run/run_folder.h"

namespace ordeal::harness {

namespace fs = std::filesystem;

fs::path program_file() {
  return fs::read_symlink("/proc/self/exe");
}

fs::path config_folder() {
  return ORDEAL_CONFIG_FOLDER;
}

fs::path mutant_folder() {
  return ORDEAL_MUTANT_FOLDER;
}

std::string program_as_typed() {
  const std::string program = as_typed(program_file());
  return program.find('/') == std::string::npos ? "./" + program : program;
}

}  // namespace ordeal::harness
