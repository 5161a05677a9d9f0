// Example. W1 and R1 are the block of 1, W2 and the cas from 2 to 3 with R3 the block of 2 and 3.
//
//   ---W1---            f(1) = return of W1, s(1) = call of R1
//          ---R1---
//       ---W2---                 f(2,3) = return of W2, s(2,3) = call of R3
//             ---C23---
//                    ---R3---
//
// In any linearization a block stands together: between a write and its read no other value is written. A block must
// precede another when something in it returned before something in the other was called: f(A) < s(B). The order by
// min(f, s) obeys that if any order does: were f(A) < s(B) and B first, then min(f(B), s(B)) <= min(f(A), s(A)) <= f(A)
// < s(B), so f(B) <= f(A), f(B) <= s(A), and as all positions differ f(B) < s(A) or B = A: the two contradict each
// other.
//
// A failed cas that says that the value was not u belongs to no block: it goes to the first place that its call and
// return leave to it where the value is another one.

#include <algorithm>
#include <tuple>

#include "checker/linearizability/linearization.h"

namespace ordeal::checker {
namespace {

constexpr std::uint32_t nobody = PreparedOperation::forever;

struct Stage {  // all that concerns one value
  std::uint32_t writer = nobody;
  std::uint32_t next = nobody;  // the value that a cas makes of this one
  bool follows = false;         // it is made by a cas
  std::uint32_t first_return = PreparedOperation::forever, last_call = 0;
};

void note(Stage& stage, const PreparedOperation& operation) {
  stage.first_return = std::min(stage.first_return, operation.returned);
  stage.last_call = std::max(stage.last_call, operation.called);
}

using Order = std::vector<std::uint32_t>;

// Puts those that forbid a state into an order of all others.
Order with_forbidding(const Problem& problem, const Order& order) {
  std::vector<std::uint32_t> first_return_from(order.size() + 1, PreparedOperation::forever);  // of order[i], ...
  std::vector<StateId> state_before(order.size() + 1, problem.initial);
  for (std::size_t i = order.size(); i-- > 0;) {
    first_return_from[i] = std::min(first_return_from[i + 1], problem.operations[order[i]].returned);
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const StateId made = problem.operations[order[i]].makes;
    state_before[i + 1] = made == no_state ? state_before[i] : made;
  }
  std::vector<std::pair<std::size_t, std::uint32_t>> places;  // before which of `order`; who
  for (std::uint32_t i = 0; i < problem.operations.size(); ++i) {
    const PreparedOperation& operation = problem.operations[i];
    if (!operation.observes() || operation.needs != no_state || operation.optional()) continue;
    const auto after_its_call = std::upper_bound(first_return_from.begin(), first_return_from.end(), operation.called);
    auto place = static_cast<std::size_t>(after_its_call - first_return_from.begin());
    while (place < order.size() && state_before[place] == operation.forbids) ++place;
    places.emplace_back(place, i);
  }
  std::sort(places.begin(), places.end());
  Order all;
  all.reserve(order.size() + places.size());
  auto next = places.begin();
  for (std::size_t i = 0; i <= order.size(); ++i) {
    for (; next != places.end() && next->first == i; ++next) all.push_back(next->second);
    if (i < order.size()) all.push_back(order[i]);
  }
  return all;
}

}  // namespace

std::vector<std::uint32_t> order_by_blocks(const Problem& problem) {
  std::vector<Stage> stages(problem.state_count);
  const std::vector<bool> useless = useless_optional(problem.operations, problem.state_count, false);
  std::vector<std::pair<StateId, std::uint32_t>> reads;
  for (std::uint32_t i = 0; i < problem.operations.size(); ++i) {
    const PreparedOperation& operation = problem.operations[i];
    if (useless[i] || operation.transforms || (operation.observes() && operation.needs == no_state)) continue;
    const StateId state = operation.observes() ? operation.needs : operation.makes;
    note(stages[state], operation);
    if (operation.observes()) {
      reads.emplace_back(state, i);
      continue;
    }
    stages[state].writer = i;
    if (operation.needs != no_state) {
      stages[operation.needs].next = state;
      stages[state].follows = true;
    }
  }
  std::stable_sort(reads.begin(), reads.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::tuple<std::uint32_t, std::uint32_t, StateId>> blocks;  // min(f, s), then f; the first of its chain
  for (StateId state = 0; state < stages.size(); ++state) {
    const bool there = stages[state].writer != nobody || stages[state].last_call != 0 || state == problem.initial;
    if (stages[state].follows || !there) continue;
    std::uint32_t first_return = PreparedOperation::forever, last_call = 0;
    std::size_t length = 0;
    for (StateId at = state; at != nobody && length <= stages.size(); at = stages[at].next, ++length) {
      first_return = std::min(first_return, stages[at].first_return);
      last_call = std::max(last_call, stages[at].last_call);
    }
    const bool first = state == problem.initial;
    blocks.emplace_back(first ? 0 : std::min(first_return, last_call), first ? 0 : first_return, state);
  }
  std::sort(blocks.begin(), blocks.end());
  Order order;
  for (const auto& block : blocks) {
    std::size_t length = 0;
    for (StateId at = std::get<2>(block); at != nobody && length <= stages.size(); at = stages[at].next, ++length) {
      if (stages[at].writer != nobody) order.push_back(stages[at].writer);
      auto read = std::lower_bound(reads.begin(), reads.end(), std::pair<StateId, std::uint32_t>(at, 0));
      for (; read != reads.end() && read->first == at; ++read) order.push_back(read->second);
    }
  }
  return with_forbidding(problem, order);
}

}  // namespace ordeal::checker
