// One object's verdict: the engines, in the order in which they are asked.  Pure; any thread.
//
// Each engine answers yes, no, or that it cannot say; the first one that can say decides. They are ordered by price.
// A new engine is a line of the table in judge_object.cc.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "checker/linearizability/compact_problem.h"
#include "checker/linearizability/search.h"

namespace ordeal::checker {

struct ObjectToJudge {
  const KeyOperations& operations;
  const Model& model;
  Atom initial;
  const Vocabulary& vocabulary;

  KeyProblem prepared() const { return prepare_compact(operations, model, initial, vocabulary); }
};

struct ObjectVerdict {
  SearchResult::Answer answer = SearchResult::Answer::unknown;
  std::string_view engine = {};                           // the one that decided, or that gave up last
  Budget::Exceeded exceeded = Budget::Exceeded::nothing;  // with unknown
  // With not_linearizable: every return before this position is passed by some prefix; with unknown: how far it came.
  std::uint32_t reached = 0;
  bool reached_is_first_failure = false;  // with not_linearizable: the return at `reached` is where it fails
  std::size_t configurations = 0;
  std::size_t bytes = 0;
};

ObjectVerdict judge_object(const ObjectToJudge& object, Budget& budget);

// Of an object with that verdict, not_linearizable: the position of the return with which it became so. Nothing when
// that is not before `below`, or when the budget ended before one was found.
std::optional<std::uint32_t> failing_position(const ObjectToJudge& object, const ObjectVerdict& verdict, Budget& budget,
                                              std::uint32_t below = PreparedOperation::forever);

}  // namespace ordeal::checker
