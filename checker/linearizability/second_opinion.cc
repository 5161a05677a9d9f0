#include "checker/linearizability/second_opinion.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ordeal::checker {
namespace {

class SecondOpinion {
 public:
  SecondOpinion(const Problem& problem, std::uint64_t most_steps) : problem_(problem), steps_left_(most_steps) {}

  // Whether the operations outside `placed` can follow in some order from this state. Once the steps have run out, the
  // answer means nothing.
  bool from(std::uint64_t placed, StateId state) {
    std::uint32_t first_return = PreparedOperation::forever;  // of those that must still come
    for (std::uint32_t i = 0; i < problem_.operations.size(); ++i) {
      if ((placed >> i & 1) == 0) first_return = std::min(first_return, problem_.operations[i].returned);
    }
    if (first_return == PreparedOperation::forever) return true;
    if (hopeless_.count({placed, state}) > 0) return false;
    for (std::uint32_t i = 0; i < problem_.operations.size() && steps_left_ > 0; ++i) {
      const PreparedOperation& operation = problem_.operations[i];
      if ((placed >> i & 1) != 0 || operation.called > first_return) continue;
      --steps_left_;
      const StateId next = after(state, operation);
      if (next != no_state && from(placed | std::uint64_t{1} << i, next)) return true;
    }
    if (steps_left_ > 0) hopeless_.emplace(placed, state);
    return false;
  }

  bool out_of_steps() const { return steps_left_ == 0; }

 private:
  StateId after(StateId state, const PreparedOperation& operation) {
    if (operation.transforms) return problem_.steps->step(state, operation.source);
    if (operation.needs != no_state && operation.needs != state) return no_state;
    if (operation.forbids != no_state && operation.forbids == state) return no_state;
    return operation.makes == no_state ? state : operation.makes;
  }

  const Problem& problem_;
  std::uint64_t steps_left_;
  std::set<std::pair<std::uint64_t, StateId>> hopeless_;
};

}  // namespace

std::optional<bool> second_opinion(const Problem& problem, std::uint64_t most_steps) {
  if (problem.operations.size() > 64) return std::nullopt;
  SecondOpinion opinion(problem, most_steps);
  const bool linearizable = opinion.from(0, problem.initial);
  if (!linearizable && opinion.out_of_steps()) return std::nullopt;
  return linearizable;
}

}  // namespace ordeal::checker
