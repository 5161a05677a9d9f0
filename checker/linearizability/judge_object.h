// One object's verdict: the engines, in the order in which they are asked.  Pure; any thread.
//
// Each engine answers yes, no, or that it cannot say; the first one that can say decides. They are ordered by price.
// A new engine is a line of the table in judge_object.cc.

#pragma once

#include <cstdint>
#include <string_view>

#include "checker/linearizability/search.h"

namespace ordeal::checker {

struct ObjectVerdict {
  SearchResult::Answer answer = SearchResult::Answer::unknown;
  std::string_view engine = {};                           // the one that decided, or that gave up last
  Budget::Exceeded exceeded = Budget::Exceeded::nothing;  // with unknown
  // With not_linearizable: every return before this position is passed by some prefix; with unknown: how far it came.
  std::uint32_t reached = 0;
  std::size_t configurations = 0;
  std::size_t bytes = 0;
};

ObjectVerdict judge_object(const Problem& problem, Budget& budget);

}  // namespace ordeal::checker
