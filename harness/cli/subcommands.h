// The subcommands of `ordeal`. Each declares its flags, with an example, and says what to do when it was chosen.

#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace ordeal::harness {

// Runs after the flags were parsed; the exit code (exit_code.h). May throw what report_failure() understands.
using Action = std::function<int()>;

struct Subcommand {
  const char* name;
  const char* summary;
  Action (*declare)(CLI::App& app);
};

Action declare_run(CLI::App& app);       // run_command.cc
Action declare_check(CLI::App& app);     // check_command.cc
Action declare_convert(CLI::App& app);   // convert_command.cc
Action declare_report(CLI::App& app);    // report_command.cc
Action declare_doctor(CLI::App& app);    // doctor_command.cc
Action declare_list(CLI::App& app);      // list_command.cc
Action declare_mutants(CLI::App& app);   // mutants_command.cc
Action declare_adapter(CLI::App& app);   // adapter_command.cc
Action declare_scenario(CLI::App& app);  // scenario_command.cc
Action declare_compare(CLI::App& app);   // compare_command.cc
Action declare_targets(CLI::App& app);   // targets_command.cc

}  // namespace ordeal::harness
