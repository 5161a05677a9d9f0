// The evidence of a violation in lines of text, and what its drawing shares with them. Pure; any thread.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "checker/verdict.h"
#include "harness/report/operations.h"

namespace ordeal::harness {

// The events of the evidence with the impossible operation among them (some checks leave it out), by index.
checker::History evidence(const checker::Witness& witness);

// Whether this is the operation that cannot be linearized.
bool is_impossible(const PairedOperation& operation, const checker::Witness& witness);

// Cuts the evidence to at most `most` operations: the last ones up to the impossible one, which is always kept. Returns
// how many were left out.
std::size_t keep_nearest(checker::History& events, const checker::Witness& witness, std::size_t most);

// Whether its events have times; those of some formats have none.
bool has_times(const checker::History& events);

// "   12.049000 s  process 3 at n4     read → 38", without a newline, or "     event 84  ..." of a history that has no
// times; control characters are shown as escapes.
std::string operation_line(const PairedOperation& operation, bool timed);

}  // namespace ordeal::harness
