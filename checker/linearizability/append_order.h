// Are the appends, puts and reads of one key linearizable? Read off the longest reads instead of searching.
// Pure; any thread.
//
// Idea. A read shows the put that its text began with, and every append since, in their order:
//
//   put "x", append "a", append "b", get -> "xab", get -> "xa", append "c", put "y"
//
//   era of put "x":  put "x" | append "a" | get -> "xa" | append "b" | get -> "xab"
//   seen by no one:  append "c"; put "y"
//
// The reads of one era (what happens from one put, or from the begin, to the next put) must be prefixes of the longest
// of them. The era up to its longest read is a *block*: in every linearization its operations stand next to each other,
// in the order that the longest read gives, with the reads of one length unordered among themselves. Whatever nobody
// saw is a block by itself; it may stand anywhere between other blocks, but not before the first block of the initial
// value. An indeterminate operation that nobody saw is left out; one that somebody saw never has to have happened by
// any time.
//
// Theorem (as for the zones of registers: Gibbons & Korach 1997, Golab, Li & Shah 2011). Let f(B) be the first return
// in block B and s(B) the last call (of the initial value's block f is before everything). There is a linearization
// iff within each block nothing returns before something earlier in it was called, and there are no two blocks A, B
// with f(A) < s(B) and f(B) < s(A).
// Proof. "Only if": A comes wholly before B or after it; before means that nothing of B returned before something of A
// was called. "If": call A -> B when f(A) < s(B), so that A must come first. In a cycle of -> let X have the largest s
// and Y follow it: everything on the cycle has f < s(next) <= s(X), Y too, so Y -> X, and X -> Y: two blocks as
// excluded. So -> has no cycle, and any order of the blocks that respects it respects real time.
//
// When is it known which operation a piece of the longest read came from? If only one operation can have been it: the
// only one with that value, or the only one that was called before the reads which show it had returned, and that had
// not returned before something earlier in the block was called. Where several are left, one is guessed: then
// "linearizable" is a proof all the same (here is an order), but a failure is none, and the answer is not_applicable,
// with the reason. So it is when a read can be taken apart in two ways (appends "a", "aa").
//
// O(n log n), and the bytes that were read. append_first_look.h is asked before, which is much cheaper where it can
// say.

#pragma once

#include "checker/linearizability/order_result.h"

namespace ordeal::checker {

// For kv-append and list-append.
OrderResult append_order(const OrderQuestion& question);

// The same, without the first look.
OrderResult append_order_in_full(const OrderQuestion& question);

}  // namespace ordeal::checker
