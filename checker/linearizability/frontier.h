// The frontier: all configurations of a history at once, from one return to the next.  Pure; one thread a workspace.
//
// Where the depth-first search follows one configuration to its end, this walk takes a whole set of them along the
// returns, keeps those that survive each return, and drops those that another one covers. Nothing of the past is kept,
// so a history of any length needs the memory of its widest place, and the return at which the set becomes empty ends
// the shortest prefix without a linearization (unless `look_ahead` ended it before that).
//
//   0 --W1---1             at the return of W1: {state 1}
//     2 ----R2---- 5       at the return of W2: {state 2, R2 seen}
//        3 --W2--4         at the return of R2: {state 2}
//
// The set may be bounded (`width`): then the most promising ones are kept, a beam. Who reaches the end is a proof of a
// linearization all the same. And optional operations may be had any number of times (`unlimited`): more is possible
// then than really was, so that a set that becomes empty is a proof that there is no linearization. So it is when
// configurations were put together (`merge`) into ones that can do more. What none of these can prove, it does not say.
//
// And it may begin in the middle (`begin_behind`), with whatever could be there: when that becomes empty, the place
// where the others got stuck is a wall, and nobody need look at what came long before it.
//
// And it may go back (`go_back`): then those beyond `width` are laid aside, and tried when the others came to an end.
// With a width of one that is a depth-first search, and the fastest way to a linearization of a long history.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "checker/linearizability/budget.h"
#include "checker/linearizability/frontier_shelf.h"
#include "checker/linearizability/outline.h"

namespace ordeal::checker {

// Memory that searches use one after the other, so that each one need not ask for its own.
struct FrontierMemory {
  template <std::size_t Words>
  struct Shelves {
    Shelf<Words> now, then, block;
  };
  Shelves<0> no_words;
  Shelves<1> one_word;
  Shelves<4> four_words;
  Shelves<16> sixteen_words;
};

struct FrontierOptions {
  std::size_t width = 64;  // configurations at most
  bool may_drop = true;    // false: give up when there are more
  bool unlimited = false;
  // Instead of dropping configurations, put one in the place of several that can do all that these can do.
  bool merge = false;
  // Instead of dropping configurations, lay aside those beyond `width`, and go back to them when the others came to an
  // end: a depth-first search that never forgets where it was in vain.
  bool go_back = false;
  // Give up after so many steps at first and so many more for each return that was reached; 0: never. Where there is a
  // way the walk mostly moves on; where there is none, one that goes back would turn every stone before it.
  std::uint64_t steps_at_first = 1000;
  std::uint64_t steps_a_return = 0;
  // With go_back, give up after so many steps without reaching a return that it had not reached before; 0: never.
  std::uint64_t steps_in_vain = 0;
  // Begin behind so many returns, or a few more, with whatever could be there; 0: at the begin. Not with go_back.
  std::uint32_t begin_behind = 0;
  std::uint32_t end_behind = 0;  // give up when so many returns were passed; 0: never
  // With go_back: go on from the end until so many ends in different states are known, or for so many steps.
  std::size_t ends = 1;
  std::uint64_t steps_for_more_ends = 3000;
  // Configurations in which a later operation would wait in vain are left out at once. Without that the walk is slower,
  // and becomes empty at the return that ends the shortest prefix without a linearization, not before.
  bool look_ahead = true;
};

// A configuration behind the last return.
struct FrontierEnd {
  StateId state = 0;
  std::vector<std::uint64_t> used = {};  // how many of each class of the outline
};

struct FrontierResult {
  enum class End : std::uint8_t {
    reached_the_end,  // linearizable, unless `unlimited` or `merged`
    empty,            // not linearizable, unless `dropped`
    too_wide,         // without `may_drop`; or more steps than `steps_a_return` or `steps_in_vain`; or `end_behind`
    exceeded,         // the budget
    too_many_open     // more than 64 at once: not for this engine
  };

  End end = End::empty;
  bool dropped = false;            // configurations, because of `width`
  bool merged = false;             // some, because of `width`; or all that there are, because of `begin_behind`
  bool foresaw = false;            // configurations were dropped because of `look_ahead`
  std::uint32_t reached = 0;       // every return before this position was passed
  std::uint32_t returns = 0;       // that were passed
  std::size_t configurations = 0;  // met
  std::size_t bytes = 0;
  Budget::Exceeded exceeded = Budget::Exceeded::nothing;
  std::vector<FrontierEnd> ends = {};  // where more than one was asked for; there may be some whatever `end` says
};

// `outline` is changed while it runs, and can be used again after that.
FrontierResult walk_frontier(Outline& outline, FrontierMemory& memory, Budget& budget, const FrontierOptions& options);

}  // namespace ordeal::checker
