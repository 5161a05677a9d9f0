// The evidence of a violation, made so that a person believes it.  Pure; any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/linearizability/problem.h"
#include "checker/linearizability/search.h"
#include "checker/verdict.h"

namespace ordeal::checker {

// The operations that the contradiction needs, as ascending indices into key.prepared; the one that returns at
// `position`, where the shortest failing prefix ends, is among them.
//
// Every other operation is relaxed in turn, half of them at first and single ones at last: an observer is dropped, any
// other one becomes optional. Neither can create a violation (dropping a write would: its readers would read what
// nobody wrote). Optional ones that cannot help, and writes that a later one supersedes, are left out. When the budget
// ends, the core is as small as it is then.
std::vector<std::uint32_t> shrink(KeyHistory& key, std::uint32_t position, Budget& budget);

// At most `limit` states in which the object could be just before `position`, each as a sentence that says why the
// operation that returns there cannot go.
std::vector<std::string> last_states(KeyHistory& key, std::uint32_t position, std::size_t limit, Budget& budget);

// A paragraph for a person who has never seen the run. `core` operations matter; the last `shown` of them go with it.
std::string explain(const KeyHistory& key, std::uint32_t position, std::size_t core, std::size_t shown,
                    const std::vector<std::string>& states);

// The operation that returns at `position`, as an index into key.prepared.
std::uint32_t returning_at(const KeyHistory& key, std::uint32_t position);

// All of it together. `confirmed`: whether the brute force agrees about the core (nothing: too many operations).
struct JudgedWitness {
  Witness witness;
  std::optional<bool> confirmed = {};
};
JudgedWitness make_witness(KeyHistory& key, std::uint32_t position, const LinearizableOptions& options);

}  // namespace ordeal::checker
