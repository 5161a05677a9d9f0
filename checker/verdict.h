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

// A state that was still possible just before the history became impossible, in words.
struct LastState {
  std::string state;    // "the register could be 2"
  std::string pending;  // "process 7's write of 4 may still take effect"; empty: nothing
  std::string why_not;  // "reading 0 is refused: it holds 2"
  bool operator==(const LastState&) const = default;
};

// Two values of which each had to be there before the other: "1 and 2". At most four operations prove it.
struct Contradiction {
  std::string one, other;                 // the values
  std::vector<std::uint64_t> operations;  // Event::index of the calls of those that prove it
  std::string sentence;
  bool operator==(const Contradiction&) const = default;
};

// The evidence of a linearizability violation: everything that a person needs to believe it.
struct Witness {
  std::optional<std::string> key = {};        // the object that misbehaved
  Event call = {};                            // the operation that cannot be linearized ...
  Event completion = {};                      // ... and its return, where the history became impossible
  std::vector<std::string> last_states = {};  // at most 5 sentences: each a state that was still possible just before
                                              // that return, and why the operation cannot go there
  History operations = {};                    // the few events that matter, in history order: calls and returns
  std::string explanation = {};               // a paragraph for a person who has never seen this run

  std::vector<LastState> states = {};  // last_states in parts
  // How many were called in the shortest impossible prefix, which ends with `completion`.
  std::uint64_t prefix_operations = 0;
  std::uint64_t operations_in_all = 0;  // that contradict each other; of many, `operations` holds the last ones only
  std::string begins = {};              // where they begin if not with the initial state: "the lock held, as ... shows"
  std::vector<std::uint64_t> order = {};  // Event::index of the calls of all but the impossible one, in an order that
                                          // would be right; empty: not known
  std::optional<Contradiction> blocks = {};  // where two values contradict each other
  std::optional<bool> confirmed = {};        // whether algorithms that share nothing with the engines agree about them
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
