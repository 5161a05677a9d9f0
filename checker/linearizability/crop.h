// The end of a history, cut off where an operation fixes the state: a contradiction in it is one of the whole.  Pure;
// any thread.
//
//   --W1--    --R1--     --W2--                     cropped at W2, of which nobody knows or cares what it replaced:
//        --W3--      ---C24---   --R4--             W2, C24 as an optional operation, R4
//
// Idea. In any linearization of the whole the state at the chosen operation c is known: what c needs, or nothing that
// matters when c overwrites it. So what comes from c on, taken by itself from that state, is a linearization of
//   - c and everything that was called after c returned,
//   - those of the operations that overlap c which came after it; so they become optional, and such as only observe are
//     left out (which weakens the demands, never strengthens them),
//   - the optional ones that it takes.
// Hence if the crop has no linearization, the whole has none. The converse holds when nothing required overlaps c and
// no optional operation that could help was called before c returned (`exact`), as long as what came before c has a
// linearization, which can then be put in front.
//
// Of optional operations that are equal, more than there are required ones who need a state help nobody: a
// linearization that takes as few as possible has behind each of them a chain of optional cas, without repetition, that
// ends in a required operation that needs what the chain makes; so each needs one of a kind at most. (Not with
// operations that forbid a state or look at every state; there all are kept.)

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "checker/linearizability/problem.h"

namespace ordeal::checker {

struct Crop {
  std::vector<PreparedOperation> operations;
  std::vector<std::uint32_t> given;  // of each: its index among the operations that were given; ascending
  StateId initial = 0;               // the state that the chosen operation needs, or the initial one
  bool exact = false;
  bool capped = false;  // optional operations were left out because enough equal ones are there
};

// `operations` are in the order of their calls. Nothing when the one at `chosen` is optional or fixes no state.
std::optional<Crop> crop(std::span<const PreparedOperation> operations, StateId initial, std::size_t state_count,
                         std::uint32_t chosen);

// Of the operations from `begin` to before `end` the one that was alone most nearly, for a crop; nothing when none of
// them fixes the state and returned before the position `before`.
std::optional<std::uint32_t> best_to_crop(std::span<const PreparedOperation> operations, std::uint32_t begin,
                                          std::uint32_t end, std::uint32_t before);

// Takes out the optional operations that help nobody, by the rules above. Says whether any went because enough equal
// ones, which were called earlier, are left.
bool leave_out_useless(std::vector<PreparedOperation>& operations, std::vector<std::uint32_t>& given,
                       std::size_t state_count);

}  // namespace ordeal::checker
