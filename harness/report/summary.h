// What `ordeal run` prints at its end: a screenful for whoever comes to the terminal in the morning. Verdict and reason
// first, then what was done, then where to read on and how to repeat it. Pure; any thread.

#pragma once

#include <string>

#include "harness/report/results.h"

namespace ordeal::harness {

// Lines of at most 96 columns (a path or command that is longer stays whole, so that it can be copied), ending in a
// newline. With `colour` the verdict and what is wrong are coloured by ANSI sequences, and nothing else changes.
// Control characters of the target's answers never reach the terminal.
std::string to_summary(const Results& results, const std::string& report_path, bool colour);

}  // namespace ordeal::harness
