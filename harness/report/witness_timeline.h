// The evidence of a violation as a picture: one line per process, one bar per operation, the impossible one marked.
// Pure; any thread.
//
//               0          +0.8 ms      +1.9 ms        +2.6 ms
//   process 1   [ write 41 → ok ]
//   process 3                           [ read → 38 ✗ ]
//
// The axis is not to scale: a step for each event, a little wider where the wait was long. What overlaps and what
// precedes, all that linearizability asks, is exact. Where the witness has an order for all but the impossible
// operation, numbered dots show when each could have taken effect.

#pragma once

#include <string>

#include "checker/verdict.h"

namespace ordeal::harness {

// An <svg>, scrolled sideways where it is wide, and the same as a table for those who do not see it. `id` is unique on
// the page. Very long evidence is cut to the last operations before the impossible one.
std::string witness_timeline(const checker::Witness& witness, const std::string& id);

// The same picture as a document of its own (SVG 1.1, for light and dark, without scripts), with the explanation below.
std::string witness_svg(const checker::Witness& witness);

}  // namespace ordeal::harness
