#include "checker/linearizability/witness.h"

#include <algorithm>

#include "checker/linearizability/brute_force.h"
#include "checker/linearizability/linearization.h"
#include "checker/linearizability/second_opinion.h"

namespace ordeal::checker {
namespace {

// Enough for a second or so; a witness is no reason to make anybody wait.
constexpr std::uint64_t steps_for_shrinking = 4'000'000;
constexpr std::uint64_t steps_for_states = 200'000;
constexpr std::uint64_t steps_for_an_order = 20'000;
constexpr std::size_t most_states = 5;
constexpr std::size_t most_operations_shown = 20;
constexpr std::size_t most_operations_for_brute_force = 12;
constexpr std::uint64_t steps_for_brute_force = 3'000'000;
constexpr std::size_t most_operations_for_second_opinion = 24;
constexpr std::uint64_t steps_for_second_opinion = 1'000'000;

History events_of(const std::vector<Operation>& operations) {
  History events;
  for (const Operation& operation : operations) {
    events.push_back(*operation.call);
    if (operation.completion != nullptr) events.push_back(*operation.completion);
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.index < b.index; });
  return events;
}

// The operations of the core as they are in the history up to `position`: nothing is relaxed.
std::vector<PreparedOperation> unrelaxed(const KeyHistory& key, std::uint32_t position, const Core& core) {
  std::vector<PreparedOperation> out;
  for (const std::uint32_t i : core.operations) {
    out.push_back(key.prepared[i]);
    if (out.back().returned > position) out.back().returned = PreparedOperation::forever;
  }
  return out;
}

Problem problem_of(KeyHistory& key, const Core& core, std::span<const PreparedOperation> operations) {
  Problem problem = key.problem(operations);
  problem.initial = core.initial;
  return problem;
}

// Nothing: there are too many operations for either of the two.
std::optional<bool> confirmed(KeyHistory& key, std::uint32_t position, const Core& core,
                              const std::vector<Operation>& operations, const LinearizableOptions& options) {
  std::optional<bool> agrees;
  if (core.operations.size() <= most_operations_for_second_opinion) {
    const std::vector<PreparedOperation> all = unrelaxed(key, position, core);
    const auto linearizable = second_opinion(problem_of(key, core, all), steps_for_second_opinion);
    if (linearizable) agrees = !*linearizable;
  }
  // It reads the history by itself, so it begins with the initial state.
  if (core.operations.size() <= most_operations_for_brute_force && core.initial == key.initial) {
    const std::size_t cut = key.operations[key.prepared[returning_at(key, position)].source].returned + 1;
    const auto linearizable = linearizable_by_brute_force(operations, options, cut, steps_for_brute_force);
    if (linearizable) agrees = agrees.value_or(true) && !*linearizable;
  }
  return agrees;
}

// The calls of the core's operations without the impossible one, in the order of a linearization that was replayed.
std::vector<std::uint64_t> order_before(KeyHistory& key, std::uint32_t position, const Core& core, Budget& budget) {
  std::vector<PreparedOperation> others = unrelaxed(key, position, core);
  std::erase_if(others, [&](const PreparedOperation& operation) { return operation.returned == position; });
  const Problem problem = problem_of(key, core, others);
  budget.limit_steps(steps_for_an_order);
  const auto order = linearization(problem, budget);
  if (!order || replay(problem, *order)) return {};
  std::vector<std::uint64_t> calls;
  for (const std::uint32_t i : *order) calls.push_back(key.operations[others[i].source].call->index);
  return calls;
}

}  // namespace

JudgedWitness make_witness(KeyHistory& key, std::uint32_t position, const LinearizableOptions& options) {
  const Operation& refused = key.operations[key.prepared[returning_at(key, position)].source];
  // No clock here: the same history gets the same witness on every machine.
  Budget budget({}, {}, options.memory_limit);
  budget.limit_steps(steps_for_shrinking);
  const Core core = shrink(key, position, budget);
  budget.limit_steps(steps_for_states);

  Witness witness{.key = refused.call->key, .call = *refused.call, .completion = *refused.completion};
  witness.states = last_states(key, position, most_states, budget);
  for (const LastState& state : witness.states) witness.last_states.push_back(sentence(state));
  witness.prefix_operations = static_cast<std::uint64_t>(
      std::count_if(key.operations.begin(), key.operations.end(),
                    [&](const Operation& operation) { return operation.called < refused.returned; }));
  std::vector<Operation> operations;
  for (const std::uint32_t i : core.operations) operations.push_back(key.operations[key.prepared[i].source]);
  witness.operations_in_all = operations.size();
  // Of a large core the end, where the contradiction shows; explain() says how many there are.
  const std::size_t hidden = operations.size() - std::min(operations.size(), most_operations_shown);
  witness.operations =
      events_of(std::vector<Operation>(operations.begin() + static_cast<std::ptrdiff_t>(hidden), operations.end()));
  witness.order = order_before(key, position, core, budget);
  witness.begins = where_it_begins(key, core);
  witness.blocks = contradicting_blocks(key, position, core);
  witness.confirmed = confirmed(key, position, core, operations, options);
  witness.explanation = explain(key, position, core, witness);
  const std::optional<bool> agreed = witness.confirmed;
  return {.witness = std::move(witness), .confirmed = agreed};
}

}  // namespace ordeal::checker
