// What a check found. Plain values; any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/event.h"

namespace ordeal::checker {

// In the order of their rank: the verdict of several checks together is the largest.
enum class Verdict : std::uint8_t {
  valid,          // everything asked was decided and holds
  not_exercised,  // a green that would prove nothing: too few operations, or no fault with effect
  unknown,        // a bound of time or memory was hit
  unavailable,    // no violation, but no progress when there should have been
  invalid,        // a safety violation, with a witness
};

inline constexpr Verdict worse(Verdict a, Verdict b) {
  return a < b ? b : a;
}
std::string to_string(Verdict verdict);  // "valid", "not-exercised", "unknown", "unavailable", "invalid"

// The evidence of a linearizability violation: everything that a person needs to believe it.
struct Witness {
  std::optional<std::string> key;        // the object that misbehaved
  Event call;                            // the operation that cannot be linearized ...
  Event completion;                      // ... and its return, where the history became impossible
  std::vector<std::string> last_states;  // at most 5 sentences: each a state that was still possible just before that
                                         // return, and why the operation cannot go there
  History operations;                    // the few events that matter, in history order: calls and returns
  std::string explanation;               // a paragraph for a person who has never seen this run
};

// One check's answer.
struct Finding {
  std::string check;  // "linearizable", "liveness", "log-alarms", ...
  Verdict verdict = Verdict::valid;
  std::string summary;               // one sentence
  std::vector<std::string> details;  // further sentences; may be empty
  std::optional<Witness> witness;    // with invalid, where the check can give one
};

}  // namespace ordeal::checker
