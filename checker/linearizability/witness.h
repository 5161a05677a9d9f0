// The evidence of a violation, made so that a person believes it.  Pure; any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/linearizability/problem.h"
#include "checker/linearizability/search.h"
#include "checker/linearizability/shrink.h"
#include "checker/verdict.h"

namespace ordeal::checker {

// At most `limit` different states in which the object could be just before `position`, each with why the operation
// that returns there cannot go. Of a long history only its end is searched: from an operation on that fixes the state,
// or, if there is none, as far as the sentence says.
std::vector<LastState> last_states(KeyHistory& key, std::uint32_t position, std::size_t limit, Budget& budget);

// "the register could be 2 (process 7's write of 4 may still take effect); reading 0 is refused: it holds 2"
std::string sentence(const LastState& state);

// A paragraph for a person who has never seen the run, about a witness that is complete but for that.
std::string explain(const KeyHistory& key, std::uint32_t position, const Core& core, const Witness& witness);

// Why the operations of a core begin in the middle of the history; empty: they do not.
std::string where_it_begins(const KeyHistory& key, const Core& core);

// Two values, each written at most once before `position`, of which operations of the core prove that each had to be
// there before the other (the zones of Gibbons and Korach).
std::optional<Contradiction> contradicting_blocks(const KeyHistory& key, std::uint32_t position, const Core& core);

// All of it together. `confirmed`: whether the brute force and the second opinion agree about the core (nothing: too
// many operations for both).
struct JudgedWitness {
  Witness witness;
  std::optional<bool> confirmed = {};
};
JudgedWitness make_witness(KeyHistory& key, std::uint32_t position, const LinearizableOptions& options);

}  // namespace ordeal::checker
