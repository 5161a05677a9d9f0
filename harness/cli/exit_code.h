// What the exit code of `ordeal` says. Scripts rely on it.

#pragma once

#include "checker/verdict.h"

namespace ordeal::harness {

enum class ExitCode : int {
  valid = 0,
  violated = 1,          // invalid or unavailable
  inconclusive = 2,      // unknown or not-exercised
  usage = 254,           // flags, plan or target cannot be used; nothing was started
  harness_failure = 255  // ordeal or its environment failed; never blamed on the target
};

constexpr ExitCode exit_code_of(checker::Verdict verdict) {
  switch (verdict) {
    case checker::Verdict::valid:
      return ExitCode::valid;
    case checker::Verdict::invalid:
    case checker::Verdict::unavailable:
      return ExitCode::violated;
    case checker::Verdict::unknown:
    case checker::Verdict::not_exercised:
      return ExitCode::inconclusive;
  }
  return ExitCode::harness_failure;
}

}  // namespace ordeal::harness
