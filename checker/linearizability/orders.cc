#include "checker/linearizability/orders.h"

#include <fmt/format.h>

#include <unordered_map>

#include "checker/history.h"
#include "checker/linearizability/linearization.h"

namespace ordeal::checker {
namespace {

std::vector<std::vector<Operation>> by_object(const std::vector<Operation>& operations, const Model& model) {
  if (!model.keys_are_independent) return {operations};
  std::vector<std::vector<Operation>> objects;
  std::unordered_map<std::string, std::size_t> number_of;
  for (const Operation& operation : operations) {
    const std::optional<std::string>& key = operation.call->key;
    const auto number = number_of.try_emplace(key ? "key " + *key : "", objects.size()).first->second;
    if (number == objects.size()) objects.emplace_back();
    objects[number].push_back(operation);
  }
  return objects;
}

ObjectOrder order_of(const std::vector<Operation>& operations, const LinearizableOptions& options) {
  KeyHistory key = prepare(operations, options);
  const Problem problem = key.problem(key.prepared);
  ObjectOrder out{.operations = key.prepared.size()};
  if (model_of(options.model).keys_are_independent && !operations.empty()) out.key = operations.front().call->key;
  Budget budget(options.elapsed, options.time_limit, options.memory_limit);
  budget.limit_steps(1'000'000 + 100 * std::uint64_t{key.prepared.size()});
  const auto order = linearization(problem, budget);
  if (!order || replay(problem, *order)) return out;
  out.verified = true;
  for (const std::uint32_t i : *order) {
    const Operation& operation = operations[key.prepared[i].source];
    out.calls.push_back(operation.call->index);
    if (order->size() > most_operations_in_words) continue;
    out.words.push_back(fmt::format("{} (called at event {})", describe(operation), operation.call->index));
  }
  return out;
}

}  // namespace

std::vector<ObjectOrder> orders_of(const History& history, const LinearizableOptions& options) {
  std::vector<ObjectOrder> orders;
  for (const std::vector<Operation>& operations : by_object(pair_operations(history), model_of(options.model))) {
    orders.push_back(order_of(operations, options));
  }
  return orders;
}

}  // namespace ordeal::checker
