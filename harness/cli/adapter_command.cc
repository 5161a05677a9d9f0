// `ordeal adapter check CMD...`: does a program keep to the protocol of adapters?

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "harness/cli/exit_code.h"
#include "harness/cli/subcommands.h"
#include "harness/clients/adapter_check.h"
#include "harness/clients/adapter_program.h"
#include "harness/config/config_error.h"
#include "harness/run/failure.h"
#include "harness/sandbox/sandbox.h"

namespace ordeal::harness {
namespace {

void print(const AdapterTrial& trial) {
  fmt::print("{:<7} it {}\n", trial.broken.empty() ? "ok" : "BROKEN", trial.promise);
  if (!trial.broken.empty()) fmt::print("        {}\n", trial.broken);
  std::fflush(stdout);
}

int check(const std::vector<std::string>& command) {
  std::vector<AdapterTrial> trials;
  try {
    trials = check_adapter(command, print);
  } catch (const AdapterError& error) {
    throw ConfigError(error.what());
  }
  std::size_t broken = 0;
  for (const AdapterTrial& trial : trials) broken += trial.broken.empty() ? 0 : 1;
  fmt::print("{}\n", broken == 0 ? "the adapter keeps every promise"
                                 : fmt::format("the adapter breaks {} of {} promises; see "
                                               "configs/targets/adapters/README.md",
                                               broken, trials.size()));
  std::fflush(stdout);
  return static_cast<int>(broken == 0 ? ExitCode::valid : ExitCode::violated);
}

}  // namespace

Action declare_adapter(CLI::App& app) {
  auto command = std::make_shared<std::vector<std::string>>();
  CLI::App* check_app = app.add_subcommand("check", "try an adapter, without a target");
  check_app->add_option("CMD", *command, "the adapter and its words, as in the target's `adapter`")->required();
  check_app->prefix_command();
  check_app->footer(
      "Example: ordeal adapter check python3 configs/targets/adapters/redis.py\n"
      "Exit code: 0 it keeps every promise, 1 it does not, 254 it cannot be started.");
  app.require_subcommand(1);
  app.footer("Example: ordeal adapter check python3 configs/targets/adapters/redis.py");
  // In a sandbox: whatever the adapter starts ends with it.
  return [command, check_app] {
    for (const std::string& word : check_app->remaining()) command->push_back(word);
    return run_in_sandbox([&] { return report_failure([&] { return check(*command); }); });
  };
}

}  // namespace ordeal::harness
