#include "checker/linearizability/witness.h"

#include <algorithm>

#include "checker/linearizability/brute_force.h"

namespace ordeal::checker {
namespace {

// Enough for a second or so; a witness is no reason to make anybody wait.
constexpr std::uint64_t steps_for_shrinking = 4'000'000;
constexpr std::uint64_t steps_for_states = 200'000;
constexpr std::size_t most_states = 5;
constexpr std::size_t most_operations_shown = 20;
constexpr std::size_t most_operations_for_brute_force = 12;
constexpr std::uint64_t steps_for_brute_force = 3'000'000;

History events_of(const std::vector<Operation>& operations) {
  History events;
  for (const Operation& operation : operations) {
    events.push_back(*operation.call);
    if (operation.completion != nullptr) events.push_back(*operation.completion);
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.index < b.index; });
  return events;
}

}  // namespace

JudgedWitness make_witness(KeyHistory& key, std::uint32_t position, const LinearizableOptions& options) {
  const Operation& refused = key.operations[key.prepared[returning_at(key, position)].source];
  // No clock here: the same history gets the same witness on every machine.
  Budget budget({}, {}, options.memory_limit);
  budget.limit_steps(steps_for_shrinking);
  const Core core = shrink(key, position, budget);
  budget.limit_steps(steps_for_states);
  const std::vector<std::string> states = last_states(key, position, most_states, budget);

  std::vector<Operation> operations;
  for (const std::uint32_t i : core.operations) operations.push_back(key.operations[key.prepared[i].source]);
  // Of a large core the end, where the contradiction shows; explain() says how many there are.
  const std::size_t hidden = operations.size() - std::min(operations.size(), most_operations_shown);
  const std::vector<Operation> shown(operations.begin() + static_cast<std::ptrdiff_t>(hidden), operations.end());
  JudgedWitness judged{
      .witness = {.key = refused.call->key,
                  .call = *refused.call,
                  .completion = *refused.completion,
                  .last_states = states,
                  .operations = events_of(shown),
                  .explanation = explain(key, position, core.operations.size(), shown.size(), states)}};
  if (core.operations.size() <= most_operations_for_brute_force) {
    const std::optional<bool> linearizable =
        linearizable_by_brute_force(operations, options, refused.returned + 1, steps_for_brute_force);
    if (linearizable) judged.confirmed = !*linearizable;
  }
  return judged;
}

}  // namespace ordeal::checker
