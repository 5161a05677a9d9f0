// Where mutants, their binaries, their plans and what was measured of them are. Any thread.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/mutants/mutant.h"
#include "harness/mutants/score.h"

namespace ordeal::harness {

// All NAME.patch of a folder, by name. Throws ConfigError when there is none, or one that cannot be read.
std::vector<Mutant> load_mutants(const std::filesystem::path& folder);

// What the last scoring that was committed says (scores.json of the folder of mutants); empty: nothing yet.
Scores load_scores(const std::filesystem::path& folder);

// The file of a plan that a header or --plan names: NAME is configs/mutants/NAME.yaml, scenarios/NAME is
// configs/scenarios/NAME.yaml; what else holds a slash or ends in .yaml is a path from the working directory, or else
// from the repository's root. Throws ConfigError.
std::filesystem::path find_mutant_plan(const std::string& name, const std::filesystem::path& configs);

}  // namespace ordeal::harness
