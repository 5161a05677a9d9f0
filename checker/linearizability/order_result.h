// A fast path of a model: it reads an order off the answers instead of searching for one.  Pure; any thread.
//
// Model::order names it. It may be asked about any prefix of a key's history, and it may not be able to say.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "checker/linearizability/compact_problem.h"

namespace ordeal::checker {

struct OrderResult {
  enum class Answer : std::uint8_t { linearizable, not_linearizable, not_applicable };

  Answer answer = Answer::not_applicable;
  std::string_view why = {};  // with not_applicable
};

struct OrderQuestion {
  const KeyOperations& key;
  const Model& model;
  Atom initial;
  const Vocabulary& vocabulary;
  std::uint32_t cut = PreparedOperation::forever;  // the prefix of the positions below
};

// not_applicable for models without a fast path.
OrderResult judge_by_order(const OrderQuestion& question);

// Of a key whose history is not linearizable: the position of the return with which it became so. Nothing when some
// prefix could not be decided. `question.cut` is not looked at.
std::optional<std::uint32_t> first_failure_by_order(const OrderQuestion& question);

}  // namespace ordeal::checker
