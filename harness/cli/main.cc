// The program `ordeal`: one table of subcommands.

#include <CLI/CLI.hpp>

#include "harness/cli/exit_code.h"
#include "harness/cli/subcommands.h"
#include "harness/run/failure.h"

namespace ordeal::harness {
namespace {

constexpr Subcommand subcommands[] = {
    {"run", "torture a cluster and judge what clients saw", declare_run},
    {"check", "judge a history or a run folder, without a cluster", declare_check},
    {"convert", "write a history in another format, or compressed", declare_convert},
    {"report", "show the summary of a run again and write its report.html anew", declare_report},
    {"doctor", "say what this machine can inject, and why not", declare_doctor},
    {"mutants", "measure how many planted bugs of raftd are found, and how fast", declare_mutants},
    {"compare", "run one plan on several targets, and put them side by side", declare_compare},
    {"targets", "say what a target's file means, and try it on a cluster", declare_targets},
    {"scenario", "play directed tests, step by step, and judge what clients saw", declare_scenario},
    {"adapter", "try whether an adapter keeps to its protocol", declare_adapter},
    {"list", "list targets, workloads, faults, scenarios or mutants", declare_list},
};

int parse_and_run(int argc, char** argv) {
  CLI::App app(
      "ordeal tortures a cluster of real processes and decides whether what its clients saw was linearizable.");
  app.footer(
      "Example: ordeal run configs/quickstart.yaml --seed 7\nEach subcommand has --help with an example of its own.");
  app.set_version_flag("--version", "ordeal " ORDEAL_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  std::vector<std::pair<CLI::App*, Action>> actions;
  for (const Subcommand& subcommand : subcommands) {
    CLI::App* command = app.add_subcommand(subcommand.name, subcommand.summary);
    actions.emplace_back(command, subcommand.declare(*command));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked_for_help = app.exit(error) == 0;
    return static_cast<int>(asked_for_help ? ExitCode::valid : ExitCode::usage);
  }
  for (const auto& [command, action] : actions) {
    if (command->parsed()) return action();
  }
  return static_cast<int>(ExitCode::usage);
}

}  // namespace
}  // namespace ordeal::harness

int main(int argc, char** argv) {
  return ordeal::harness::report_failure([&] { return ordeal::harness::parse_and_run(argc, argv); });
}
