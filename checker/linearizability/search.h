// Does one key's history have a linearization? Wing and Gong's search with Lowe's memoisation.  Pure; any thread.
//
// Idea. Walk along the returns. When a required operation returns that has not been linearized yet, it must be now: try
// every sequence of open operations that ends with it, and only then. Where the walk stands is a configuration:
//
//   (which return comes next, the state, who of the open operations is linearized, which optional ones were used)
//
//   0 --W1---1          at the return of W1: linearize W1 -> state 1
//     2 ----R2---- 5    at the return of W2: linearize W2 -> state 2, and R2 with it, as it now sees what it returned
//        3 --W2--4      at the return of R2: it is done already
//
// A configuration that was met before is not explored again. Bits stand for the open operations only, in slots that
// are used anew after each return, so a configuration is a few words long however long the history is.
//
// What makes it fast on real histories are rules that leave out work without losing a linearization; search.cc states
// each with its reason, and search_test.cc holds all of them against a brute force over all orders.
//
// Another algorithm (zones, a frontier that lives on between events) is another function of this shape.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "checker/linearizability/budget.h"
#include "checker/linearizability/problem.h"

namespace ordeal::checker {

struct SearchWorkspace;  // search_workspace.h: memory that one thread's searches use one after the other

struct SearchOptions {
  // Stop at the first linearization; or collect up to this many different ends of linearizations.
  std::size_t ends = 1;
  // Keep apart the states that nobody can tell apart; for a reader of `Search::ends`.
  bool exact_states = false;
  // With not_linearizable, look for the first failing return, too, where that costs no more than the verdict did.
  bool first_failure = false;
  // Many small searches are several times faster with one; nullptr: each search takes its own memory.
  SearchWorkspace* workspace = nullptr;
};

// A state after all required operations, and how it came about.
struct SearchEnd {
  StateId state = 0;
  std::vector<std::uint32_t> used = {};  // the optional operations that took effect, as indices into `operations`
};

struct SearchResult {
  enum class Answer : std::uint8_t { linearizable, not_linearizable, unknown };

  Answer answer = Answer::unknown;
  Budget::Exceeded exceeded = Budget::Exceeded::nothing;  // with unknown: which bound
  std::uint32_t reached = 0;  // every return before this position was passed by some configuration
  // With not_linearizable: the return at `reached` was passed by none, so the prefix that ends with it is the shortest
  // that has no linearization.
  bool reached_is_first_failure = false;
  std::size_t configurations = 0;  // met
  std::size_t bytes = 0;           // held at the end
  std::vector<SearchEnd> ends;     // with linearizable
};

SearchResult search(const Problem& problem, Budget& budget, const SearchOptions& options = {});

}  // namespace ordeal::checker
