// One scenario on a cluster of its own, from the sandbox to the verdict: the story of `ordeal scenario NAME`. Called
// from the program's only thread; it forks the sandbox.

#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/config/target.h"
#include "harness/report/results.h"
#include "harness/scenario/scenario.h"

namespace ordeal::harness {

struct ScenarioRequest {
  Scenario scenario;
  std::string scenario_yaml;  // the texts, kept in the run folder
  Target target;
  std::string target_yaml;
  std::filesystem::path binary;  // the target's, found
  std::filesystem::path store = "store";
  std::string repeat_command;
  bool say_steps = false;  // each as it was played, on standard error
};

struct PlayedScenario {
  std::filesystem::path folder;
  int exit_code = 0;                 // exit_code.h
  std::optional<Results> results{};  // nullopt: the harness failed before there were any
};

// Throws what the outside world did before the sandbox was entered; what happens inside is told by the exit code.
PlayedScenario play_scenario(const ScenarioRequest& request);

}  // namespace ordeal::harness
