#include <fmt/format.h>

#include <algorithm>

#include "checker/linearizability/linearization.h"

namespace ordeal::checker {
namespace {

// The state after `operation`, or no_state when the model refuses.
StateId after(const Problem& problem, StateId state, const PreparedOperation& operation) {
  if (operation.transforms) return problem.steps->step(state, operation.source);
  if (operation.needs != no_state && operation.needs != state) return no_state;
  if (operation.forbids == state) return no_state;
  return operation.makes == no_state ? state : operation.makes;
}

}  // namespace

std::optional<ReplayError> replay(const Problem& problem, std::span<const std::uint32_t> order) {
  std::vector<bool> placed(problem.operations.size(), false);
  StateId state = problem.initial;
  std::uint32_t last_call = 0;  // of those placed so far
  for (std::size_t at = 0; at < order.size(); ++at) {
    if (order[at] >= placed.size()) return ReplayError{at, "there is no such operation"};
    if (placed[order[at]]) return ReplayError{at, "the operation has its place already"};
    placed[order[at]] = true;
    const PreparedOperation& operation = problem.operations[order[at]];
    if (operation.returned < last_call) {
      return ReplayError{at, "it stands after an operation that was called only after it had returned"};
    }
    last_call = std::max(last_call, operation.called);
    state = after(problem, state, operation);
    if (state == no_state) return ReplayError{at, "the model refuses it there"};
  }
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (placed[i] || problem.operations[i].optional()) continue;
    return ReplayError{order.size(), fmt::format("operation {} returned and has no place", i)};
  }
  return std::nullopt;
}

}  // namespace ordeal::checker
