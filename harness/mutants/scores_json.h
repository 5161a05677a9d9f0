// The mutation score as one JSON object, as `ordeal mutants --json` prints it and as target-raftd/mutants/scores.json
// keeps it:
// {"mutants":[{"name","tier","status","by","median_s","max_s","runs",...}],"controls":[{"name","status",...}]}. Pure;
// any thread.

#pragma once

#include <string>
#include <string_view>

#include "harness/mutants/score.h"

namespace ordeal::harness {

std::string to_json(const Scores& scores);

// The inverse; `file` is only named in errors. Fields that it does not know are left out. Throws ConfigError.
Scores scores_from_json(std::string_view text, const std::string& file);

}  // namespace ordeal::harness
