// What a verdict means, in words that every report shares. Pure; any thread.

#pragma once

#include <string>

#include "checker/verdict.h"

namespace ordeal::harness {

// "INVALID", "NOT EXERCISED": the one word that the eye finds first.
std::string verdict_word(checker::Verdict verdict);

// One sentence: what the verdict says about the target, or about the run.
std::string verdict_meaning(checker::Verdict verdict);

// "exit code 1", what `ordeal` returns to the shell.
std::string exit_words(checker::Verdict verdict);

}  // namespace ordeal::harness
