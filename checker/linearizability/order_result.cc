#include "checker/linearizability/order_result.h"

#include <algorithm>

namespace ordeal::checker {

OrderResult judge_by_order(const OrderQuestion& question) {
  if (question.model.order == nullptr) return {.why = "the model has no fast path"};
  return question.model.order(question);
}

std::optional<std::uint32_t> first_failure_by_order(const OrderQuestion& question) {
  std::vector<std::uint32_t> returns;
  for (const KeyOperation& operation : question.key.operations) {
    if (operation.kind != KeyOperation::Kind::nothing && operation.returned != KeyOperation::forever) {
      returns.push_back(operation.returned);
    }
  }
  std::sort(returns.begin(), returns.end());
  std::size_t good = 0, bad = returns.size();  // the prefixes that end before returns[good] are; with returns[bad] not
  while (good < bad) {
    const std::size_t middle = good + (bad - good) / 2;
    const OrderResult result = judge_by_order({.key = question.key,
                                               .model = question.model,
                                               .initial = question.initial,
                                               .vocabulary = question.vocabulary,
                                               .cut = returns[middle] + 1});
    if (result.answer == OrderResult::Answer::not_applicable) return std::nullopt;
    if (result.answer == OrderResult::Answer::linearizable) {
      good = middle + 1;
    } else {
      bad = middle;
    }
  }
  return good < returns.size() ? std::optional(returns[good]) : std::nullopt;
}

}  // namespace ordeal::checker
