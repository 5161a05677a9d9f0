// Runs mutants and controls, several at once, until every seed has killed or used up its budget. Called from the main
// thread, which is the only one.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/mutants/score.h"

namespace ordeal::harness {

struct ScoredPlan {
  std::filesystem::path file;
  bool is_scenario = false;              // a directed test: it draws nothing, and takes as long as it takes
  std::chrono::nanoseconds duration{0};  // of load; not of a scenario
  std::chrono::nanoseconds patience{0};  // a run that lasts longer than this hangs
};

// One seed of one mutant or control.
struct Trial {
  std::string name;
  std::filesystem::path binary;
  std::vector<ScoredPlan> plans;  // run by run in turn
  std::uint64_t seed = 1;
  std::chrono::nanoseconds budget{0};  // of load
  int least_runs = 0;                  // even when they need more than the budget
};

struct ScoringOptions {
  std::filesystem::path program;  // ordeal
  std::filesystem::path folder;   // keeps the runs that decided; the others are removed
  int jobs = 1;
  std::function<void(std::size_t trial, const SeedScore& score, const std::filesystem::path& run)> finished;
  std::function<void(const std::vector<std::size_t>& running)> tick;  // about four times a second
  std::function<bool()> interrupted;                                  // asked as often; true: stop at once
};

// The score of each trial, in their order; nullopt: interrupted before it was finished. Throws what
// outcome_of(EndedRun) throws, and std::system_error.
std::vector<std::optional<SeedScore>> play(const std::vector<Trial>& trials, const ScoringOptions& options);

}  // namespace ordeal::harness
