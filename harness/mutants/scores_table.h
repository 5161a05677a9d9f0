// The mutation score for a person. Pure; any thread.

#pragma once

#include <string>
#include <vector>

#include "harness/mutants/score.h"

namespace ordeal::harness {

// A row a mutant, a line a tier ("T1 8 of 9 killed"), a row a control.
std::string scores_table(const Scores& scores);

// What is known of a mutant or control, in a few words: "killed by linearizable, 3.4 s (at most 8 s)".
std::string status_in_words(const MutantScore& score);

// The same for `ordeal list mutants`, where nothing may have been measured yet.
std::string known_status(const Mutant& mutant, const Scores& scores);

}  // namespace ordeal::harness
