#include <fmt/format.h>

#include <algorithm>

#include "checker/linearizability/crop.h"
#include "checker/linearizability/linearization.h"
#include "checker/linearizability/some_ends.h"
#include "checker/linearizability/witness.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t most_in_full = 20'000;         // operations: more are not searched from the begin
constexpr std::uint32_t most_from_the_middle = 256;  // then so many of the last ones
constexpr std::size_t most_places_to_cut = 8;        // that are tried
// Of a history of many operations one way to its end is looked for, and of that the last operations are put in all
// other orders, too.
constexpr std::size_t many = 256;
constexpr std::size_t most_put_in_other_orders = 48;
constexpr std::uint64_t steps_for_other_orders = 10'000;

// What is searched, and what there is to say about that.
struct Scope {
  std::vector<PreparedOperation> operations;
  StateId initial = 0;
  std::uint32_t cut = 0;  // what is before this position was cut off
  std::string caveat = {};
  std::vector<std::uint32_t> gone = {};  // optional operations that took effect before `initial`, as sources
  std::vector<SearchEnd> ends = {};      // they are known already
  bool one_of_many = false;              // ways to `initial`
};

// The latest operations that fix the state while no other required one is under way, the latest first.
std::vector<std::uint32_t> alone(const std::vector<PreparedOperation>& operations) {
  std::vector<std::uint32_t> found;
  std::uint32_t last_return = 0;  // of the required ones before
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    const PreparedOperation& operation = operations[i];
    if (operation.optional()) continue;
    const bool nobody_after = i + 1 == operations.size() || operations[i + 1].called > operation.returned;
    if (nobody_after && last_return <= operation.called) found.push_back(i);
    last_return = std::max(last_return, operation.returned);
  }
  std::reverse(found.begin(), found.end());
  if (found.size() > most_places_to_cut) found.resize(most_places_to_cut);
  return found;
}

// The end of one linearization: what it does not hold any more has taken effect already, or is optional and has not.
// Whatever linearization there is of the rest, with the front before it it is one of all. So every state that is found
// is one in which the object could be, but there may be more.
std::optional<Scope> end_of_one_order(KeyHistory& key, const std::vector<PreparedOperation>& operations,
                                      Budget& budget) {
  const Problem problem = key.problem(operations);
  const std::optional<std::vector<std::uint32_t>> order = linearization(problem, budget);
  if (!order || order->size() <= most_put_in_other_orders) return std::nullopt;
  Scope scope{.operations = {}, .initial = problem.initial, .one_of_many = true};
  std::vector<bool> gone(operations.size(), false);
  for (std::size_t at = 0; at < order->size() - most_put_in_other_orders; ++at) {
    const PreparedOperation& operation = operations[(*order)[at]];
    gone[(*order)[at]] = true;
    if (operation.optional()) scope.gone.push_back(operation.source);
    if (operation.transforms) {
      scope.initial = problem.steps->step(scope.initial, operation.source);
    } else if (operation.makes != no_state) {
      scope.initial = operation.makes;
    }
  }
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (!gone[i]) scope.operations.push_back(operations[i]);
  }
  return scope;
}

Scope scope_of(KeyHistory& key, std::vector<PreparedOperation> operations, std::size_t limit, Budget& budget) {
  const std::size_t states = key.known_states.size();
  for (const std::uint32_t i : alone(operations)) {
    std::optional<Crop> cropped = crop(operations, key.initial, states, i);
    if (cropped && cropped->exact)
      return {.operations = std::move(cropped->operations), .initial = cropped->initial, .cut = operations[i].called};
  }
  if (operations.size() > many && operations.size() <= most_in_full) {
    std::vector<SearchEnd> ends = some_ends(key.problem(operations), budget, limit);
    if (!ends.empty()) return {.operations = std::move(operations), .initial = key.initial, .ends = std::move(ends)};
    if (std::optional<Scope> scope = end_of_one_order(key, operations, budget)) return *std::move(scope);
  }
  if (operations.size() <= most_in_full) return {.operations = std::move(operations), .initial = key.initial};
  const auto end = static_cast<std::uint32_t>(operations.size());
  const std::uint32_t begin = end - most_from_the_middle;
  const auto chosen = best_to_crop(operations, begin, end - most_from_the_middle / 2, PreparedOperation::forever);
  if (!chosen) return {.operations = std::move(operations), .initial = key.initial};
  const std::optional<Crop> cropped = crop(operations, key.initial, states, *chosen);
  return {.operations = cropped->operations,
          .initial = cropped->initial,
          .cut = operations[*chosen].called,
          .caveat = fmt::format(", as far as the last {} operations tell", end - *chosen)};
}

std::vector<SearchEnd> ends_in(KeyHistory& key, const Scope& scope, std::size_t limit, Budget& budget) {
  if (scope.one_of_many) budget.limit_steps(std::min(budget.steps_left(), steps_for_other_orders));
  Problem problem = key.problem(scope.operations);
  problem.initial = scope.initial;
  return search(problem, budget, {.ends = limit, .exact_states = true}).ends;
}

// The operations that may still take effect, the latest first, as indices into key.operations. Of those that were
// called before the place where the history was cut, only such that certainly need not have taken effect before it, as
// nobody saw them.
std::vector<std::uint32_t> open_at_the_end(const std::vector<PreparedOperation>& operations, std::uint32_t cut,
                                           std::size_t state_count) {
  const std::vector<bool> unseen = useless_optional(operations, state_count);
  std::vector<std::uint32_t> open;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const PreparedOperation& operation = operations[i];
    if (!operation.optional() || operation.observes() || (operation.called < cut && !unseen[i])) continue;
    open.push_back(operation.source);
  }
  std::reverse(open.begin(), open.end());
  return open;
}

std::string still_to_come(const KeyHistory& key, const std::vector<std::uint32_t>& open) {
  if (open.empty()) return "";
  std::string names = describe(key.operations[open[0]]);
  if (open.size() > 1) names += (open.size() == 2 ? " and " : ", ") + describe(key.operations[open[1]]);
  if (open.size() > 2) names += fmt::format(" and {} more", open.size() - 2);
  return names + " may still take effect";
}

std::optional<StateId> after(KeyHistory& key, StateId state, std::uint32_t operation) {
  const std::optional<Value> next = step(key.known_states[state], key.effects[operation]);
  return next ? std::optional(key.known_states.id_of(*next)) : std::nullopt;
}

}  // namespace

std::vector<LastState> last_states(KeyHistory& key, std::uint32_t position, std::size_t limit, Budget& budget) {
  const std::uint32_t refused = key.prepared[returning_at(key, position)].source;
  std::vector<PreparedOperation> before = prefix(key.prepared, position);
  std::erase_if(before, [&](const PreparedOperation& operation) { return operation.source == refused; });
  const Scope scope = scope_of(key, before, limit, budget);
  std::vector<std::uint32_t> open = open_at_the_end(before, scope.cut, key.known_states.size());
  for (const std::uint32_t source : scope.gone) std::erase(open, source);
  const std::vector<SearchEnd> ends = scope.ends.empty() ? ends_in(key, scope, limit, budget) : scope.ends;

  std::vector<StateId> known;
  std::vector<LastState> states;
  const auto add = [&](StateId state, std::string pending) {
    if (states.size() == limit || std::find(known.begin(), known.end(), state) != known.end()) return;
    known.push_back(state);
    const Value& value = key.known_states[state];
    states.push_back(
        {.state = fmt::format("the {} could be {}{}", key.model->noun, state_text(*key.model, value), scope.caveat),
         .pending = std::move(pending),
         .why_not = refusal(value, key.effects[refused], key.operations[refused])});
  };
  const auto left_at = [&](const SearchEnd& end) {
    std::vector<std::uint32_t> left = open;
    for (const std::uint32_t used : end.used) std::erase(left, scope.operations[used].source);
    return left;
  };
  for (const SearchEnd& end : ends) add(end.state, still_to_come(key, left_at(end)));
  // What is open at the end may take effect there, too; the search leaves that out, as nobody looks.
  for (const SearchEnd& end : ends) {
    for (const std::uint32_t i : left_at(end)) {
      if (states.size() == limit) break;
      const std::optional<StateId> next = after(key, end.state, i);
      if (next) add(*next, fmt::format("if {} took effect", describe(key.operations[i])));
    }
  }
  return states;
}

std::string sentence(const LastState& state) {
  const std::string pending = state.pending.empty() ? "" : " (" + state.pending + ")";
  return fmt::format("{}{}; {}", state.state, pending, state.why_not);
}

}  // namespace ordeal::checker
