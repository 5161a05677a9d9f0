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

// At most `limit` states in which the object could be just before `position`, each as a sentence that says why the
// operation that returns there cannot go.
std::vector<std::string> last_states(KeyHistory& key, std::uint32_t position, std::size_t limit, Budget& budget);

// A paragraph for a person who has never seen the run. `core` operations matter; the last `shown` of them go with it.
std::string explain(const KeyHistory& key, std::uint32_t position, std::size_t core, std::size_t shown,
                    const std::vector<std::string>& states);

// All of it together. `confirmed`: whether the brute force agrees about the core (nothing: too many operations).
struct JudgedWitness {
  Witness witness;
  std::optional<bool> confirmed = {};
};
JudgedWitness make_witness(KeyHistory& key, std::uint32_t position, const LinearizableOptions& options);

}  // namespace ordeal::checker
