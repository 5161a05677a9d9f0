// `ordeal targets check TARGET`: what a target's file says, and whether it is true.

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "harness/cli/exit_code.h"
#include "harness/cli/program.h"
#include "harness/cli/subcommands.h"
#include "harness/cli/target_binary.h"
#include "harness/config/target.h"
#include "harness/targets/check_target.h"
#include "harness/targets/explain.h"

namespace ordeal::harness {
namespace {

struct Flags {
  std::string target;
  std::string binary;
  std::string store = "store";
  int nodes = 3;
  bool only_explain = false;
};

// Below `parent`, named by the time; nothing of an earlier check is in it.
std::filesystem::path new_folder(const std::filesystem::path& parent) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const std::string name = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(now));
  std::filesystem::create_directories(parent);
  std::filesystem::path folder = parent / name;
  for (int number = 2; !std::filesystem::create_directory(folder); ++number) {
    folder = parent / fmt::format("{}-{}", name, number);
  }
  return folder;
}

int check(const Flags& flags) {
  TargetCheck request;
  request.target = load_target(flags.target, config_folder());
  request.nodes = flags.nodes;
  fmt::print("{} ({})\n{}", request.target.name, find_target(flags.target, config_folder()).string(),
             explain(request.target));
  std::fflush(stdout);
  if (flags.only_explain) return static_cast<int>(ExitCode::valid);
  request.binary = target_binary(flags.binary, request.target);
  request.folder = new_folder(std::filesystem::absolute(flags.store) / "targets-check" / request.target.name);
  return check_target(request);
}

}  // namespace

Action declare_targets(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("check", "explain a target's file, and try on a cluster what it says");
  command->add_option("TARGET", flags->target, "a name of `ordeal list targets`, or a path")->required();
  command->add_option("--nodes", flags->nodes, "how many nodes are started")
      ->check(CLI::Range(1, 250))
      ->capture_default_str();
  command->add_option("--store", flags->store, "folder that keeps what the nodes write")->capture_default_str();
  command->add_option("--binary", flags->binary, "run this program instead of the target's")->type_name("FILE");
  command->add_flag("--explain", flags->only_explain, "start nothing");
  const std::string footer =
      "Example: ordeal targets check configs/targets/raftd.yaml\n"
      "Exit code: 0 all that the file says works, 254 the file or the target's program cannot be used and nothing was "
      "started, 255 something does not work.";
  app.footer(footer);
  command->footer(footer);
  app.require_subcommand(1);
  return [flags] { return check(*flags); };
}

}  // namespace ordeal::harness
