// One run, from plan to verdict: the story of `ordeal run`. Called from the program's only thread; it forks the
// sandbox.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "harness/config/plan.h"
#include "harness/config/target.h"
#include "harness/report/results.h"
#include "harness/run/run_folder.h"

namespace ordeal::harness {

struct RunRequest {
  Plan plan;  // with its seed
  Target target;
  std::string target_yaml;       // the text of it, kept in the run folder
  std::filesystem::path binary;  // the target's, found
  std::filesystem::path store = "store";
  std::string repeat_command;  // what a user types to have this run again
  bool keep_going = false;     // do not end the load at the first violation
  bool json = false;           // results as JSON on standard output instead of the summary
};

// Writes plan and schedule into a new run folder, enters the sandbox, tortures, judges, reports. Returns the exit code
// (exit_code.h). Throws what the outside world did: SandboxError, ClusterError, std::system_error, ...
int run(const RunRequest& request);

}  // namespace ordeal::harness
