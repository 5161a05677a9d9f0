// What an `ordeal run` that ended says of the binary that it ran. Any thread.

#pragma once

#include <filesystem>

#include "harness/mutants/score.h"

namespace ordeal::harness {

struct EndedRun {
  std::filesystem::path store;   // its own: store/latest is the run folder
  std::filesystem::path output;  // what it printed
  int wait_status = 0;
};

// Reads results.json. A run without one, because its nodes were never ready, is broken; one that failed later is the
// harness's failure. Throws ConfigError when the run refused its plan, and std::runtime_error when the machine refused
// the sandbox: then no run can say anything.
RunOutcome outcome_of(const EndedRun& run);

}  // namespace ordeal::harness
