// The search that goes deep first: remembers every configuration that it met.  Pure; any thread.
//
// It takes every problem: operations that transform the state, any number of open and optional operations, and ends
// to be collected. What it can share with others is said in search.h; the rules stand in depth_first.cc.

#pragma once

#include "checker/linearizability/search.h"

namespace ordeal::checker {

SearchResult search_depth_first(const Problem& problem, Budget& budget, const SearchOptions& options = {});

}  // namespace ordeal::checker
