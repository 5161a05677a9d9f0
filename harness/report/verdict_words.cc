#include "harness/report/verdict_words.h"

#include <fmt/format.h>

#include "harness/cli/exit_code.h"

namespace ordeal::harness {

using checker::Verdict;

std::string verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::valid:
      return "VALID";
    case Verdict::not_exercised:
      return "NOT EXERCISED";
    case Verdict::unknown:
      return "UNKNOWN";
    case Verdict::unavailable:
      return "UNAVAILABLE";
    case Verdict::invalid:
      return "INVALID";
  }
  return "";
}

std::string verdict_meaning(Verdict verdict) {
  switch (verdict) {
    case Verdict::valid:
      return "Everything that was asked was decided, and it holds.";
    case Verdict::not_exercised:
      return "Too little happened for this run to prove anything; a green would mislead.";
    case Verdict::unknown:
      return "A check hit its bound of time or memory before it came to an answer.";
    case Verdict::unavailable:
      return "No safety violation, but no progress when there should have been.";
    case Verdict::invalid:
      return "The target broke a safety promise; the evidence is below.";
  }
  return "";
}

std::string exit_words(Verdict verdict) {
  return fmt::format("exit code {}", static_cast<int>(exit_code_of(verdict)));
}

}  // namespace ordeal::harness
