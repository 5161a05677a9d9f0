// Is a store with revisions linearizable? Sort by revision instead of searching.  Pure; any thread.
//
// Idea. Every change has a number, and every answer says how many changes the store had seen. So the answers give the
// order, for all keys together:
//
//   put x 5 -> 2        revision 2: put x 5, then all that was answered with revision 2 and changed nothing
//   get x -> 5 @ 3      revision 3: nobody's answer; an indeterminate change made it
//   put y 1 -> 4        revision 4: put y 1
//
// There is a linearization iff
//   1. every revision from the first to the last that was seen has one change that made it;
//   2. played in that order, every answer is what the store holds at its revision;
//   3. nothing returned before something of a lower revision was called. (Of one revision the change comes first, and
//      the others are unordered among themselves.)
// "Only if" is clear, and 1 to 3 spell out an order that respects real time.
//
// Gaps: a revision that no certain answer claims was made by an indeterminate operation, or by a delete that found its
// key (its answer would be the same had it found nothing). A gap's maker must have been called before anything with
// that revision or a higher one returned, must fit what the store held, and must not be contradicted by a read that
// shows a mod_revision. If one operation is left, it is that. If several are, one is guessed: then "linearizable" is a
// proof all the same, but a failure is none, and the answer is not_applicable. So it is when an answer has no revision.
//
// O(n log n), but for gaps that many operations may have made; those are bounded.

#pragma once

#include "checker/linearizability/order_result.h"

namespace ordeal::checker {

// For kv-revisions, of all keys together.
OrderResult revision_order(const OrderQuestion& question);

}  // namespace ordeal::checker
