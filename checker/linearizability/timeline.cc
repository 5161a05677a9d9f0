#include "checker/linearizability/timeline.h"

#include <algorithm>
#include <tuple>

namespace ordeal::checker {
namespace {

using Operations = std::vector<PreparedOperation>;

// Which optional operations cannot help.
//
// An optional observer never helps. An optional write or cas to v helps only when something directly after it looks at
// the state: otherwise an overwriting operation or the end follows, and the linearization without it is as good. Nobody
// looks when no operation needs v and no failed cas, which is content with any other value, is open after its call.
// Leaving out a cas may leave its own expected value unneeded; hence the loop. With transforms (append) every state is
// looked at, so nothing is left out.
std::vector<bool> useless(std::span<const PreparedOperation> operations, std::size_t state_count) {
  std::vector<bool> out(operations.size(), false);
  std::vector<std::uint32_t> needed(state_count, 0);
  std::vector<std::vector<std::uint32_t>> makers(state_count);
  std::uint32_t last_forbidding_return = 0;
  bool transforms = false;
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    const PreparedOperation& operation = operations[i];
    out[i] = operation.optional() && operation.observes();
    if (out[i]) continue;
    transforms = transforms || operation.transforms;
    if (operation.needs != no_state) ++needed[operation.needs];
    if (operation.forbids != no_state) last_forbidding_return = std::max(last_forbidding_return, operation.returned);
    if (operation.optional() && operation.makes != no_state) makers[operation.makes].push_back(i);
  }
  if (transforms) return out;
  std::vector<StateId> unneeded;
  for (StateId state = 0; state < state_count; ++state) {
    if (needed[state] == 0) unneeded.push_back(state);
  }
  while (!unneeded.empty()) {
    const StateId state = unneeded.back();
    unneeded.pop_back();
    for (const std::uint32_t i : makers[state]) {
      if (operations[i].called < last_forbidding_return) continue;
      out[i] = true;
      if (operations[i].needs != no_state && --needed[operations[i].needs] == 0) {
        unneeded.push_back(operations[i].needs);
      }
    }
  }
  return out;
}

// States that no operation needs or forbids cannot be told apart by anyone: they become the first of them. Unique
// values that nobody ever read are most of what a history writes.
void merge_states(Timeline& timeline, std::size_t state_count) {
  std::vector<bool> asked(state_count, false);
  for (const PreparedOperation& operation : timeline.operations) {
    if (operation.needs != no_state) asked[operation.needs] = true;
    if (operation.forbids != no_state) asked[operation.forbids] = true;
  }
  StateId nobody_asks = no_state;
  const auto merged = [&](StateId state) {
    if (state == no_state || asked[state]) return state;
    if (nobody_asks == no_state) nobody_asks = state;
    return nobody_asks;
  };
  timeline.initial = merged(timeline.initial);
  for (PreparedOperation& operation : timeline.operations) operation.makes = merged(operation.makes);
}

void number_optional(Timeline& timeline) {
  Operations& operations = timeline.operations;
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    if (operations[i].optional()) timeline.optional.push_back(i);
  }
  const auto kind = [&](std::uint32_t i) {  // each append is a class of its own
    return std::tuple(operations[i].needs, operations[i].makes, operations[i].transforms ? i + 1 : 0);
  };
  std::stable_sort(timeline.optional.begin(), timeline.optional.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return kind(a) < kind(b); });
  for (std::uint32_t bit = 0; bit < timeline.optional.size(); ++bit) {
    if (bit == 0 || kind(timeline.optional[bit - 1]) != kind(timeline.optional[bit])) {
      timeline.class_begin.push_back(bit);
    }
  }
  timeline.class_begin.push_back(static_cast<std::uint32_t>(timeline.optional.size()));
}

// Walks over calls and returns in their order; a slot is free again after its return. Thousands of operations that are
// open at once make `open` a product of two large numbers; hence its bound.
void give_slots(Timeline& timeline, std::size_t most_open) {
  const Operations& operations = timeline.operations;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> by_return;
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    if (!operations[i].optional()) by_return.emplace_back(operations[i].returned, i);
  }
  std::sort(by_return.begin(), by_return.end());
  timeline.slots.assign(operations.size(), 0);
  std::vector<std::uint32_t> occupants;  // operation + 1 of each slot, 0: free
  std::uint32_t next_call = 0;
  for (const auto& [returned, operation] : by_return) {
    for (; next_call < operations.size() && operations[next_call].called < returned; ++next_call) {
      if (operations[next_call].optional()) continue;
      const auto free = std::find(occupants.begin(), occupants.end(), 0U);
      timeline.slots[next_call] = static_cast<std::uint32_t>(free - occupants.begin());
      if (free == occupants.end()) {
        occupants.push_back(next_call + 1);
      } else {
        *free = next_call + 1;
      }
    }
    if (timeline.open.size() + occupants.size() > most_open) {
      timeline.too_large = true;
      return;
    }
    const auto begin = static_cast<std::uint32_t>(timeline.open.size());
    for (const std::uint32_t occupant : occupants) {
      if (occupant != 0) timeline.open.push_back(occupant - 1);
    }
    timeline.returns.push_back({.position = returned,
                                .operation = operation,
                                .open_begin = begin,
                                .open_end = static_cast<std::uint32_t>(timeline.open.size())});
    occupants[timeline.slots[operation]] = 0;
  }
  timeline.slot_count = static_cast<std::uint32_t>(occupants.size());
}

void collect_facts(Timeline& timeline, std::size_t state_count) {
  timeline.facts.resize(state_count);
  for (const PreparedOperation& operation : timeline.operations) {
    timeline.transforms = timeline.transforms || operation.transforms;
    if (operation.optional()) continue;
    if (operation.needs != no_state) timeline.facts[operation.needs].last_needed_call = operation.called;
    if (operation.makes != no_state) timeline.facts[operation.makes].last_made_call = operation.called;
    if (operation.forbids != no_state) {
      timeline.last_forbidding_return = std::max(timeline.last_forbidding_return, operation.returned);
    }
  }
  for (std::uint32_t bit = 0; bit < timeline.optional.size(); ++bit) {
    const PreparedOperation& operation = timeline.operations[timeline.optional[bit]];
    if (operation.makes != no_state) timeline.facts[operation.makes].optional_makers.push_back(bit);
    if (operation.needs != no_state) timeline.facts[operation.needs].optional_needers.push_back(bit);
  }
}

}  // namespace

std::size_t Timeline::bytes() const {
  return operations.capacity() * sizeof(PreparedOperation) + returns.capacity() * sizeof(Return) +
         facts.capacity() * sizeof(StateFacts) +
         4 * (given.capacity() + slots.capacity() + 3 * optional.capacity() + class_begin.capacity() + open.capacity());
}

Timeline lay_out(const Problem& problem, const LayoutOptions& options) {
  const std::span<const PreparedOperation> operations = problem.operations;
  const std::size_t state_count = problem.state_count;
  Timeline timeline;
  timeline.initial = problem.initial;
  const std::vector<bool> left_out = useless(operations, state_count);
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    if (left_out[i]) continue;
    timeline.operations.push_back(operations[i]);
    timeline.given.push_back(i);
  }
  const bool transforms = std::any_of(timeline.operations.begin(), timeline.operations.end(),
                                      [](const PreparedOperation& operation) { return operation.transforms; });
  if (options.merge_states && !transforms) merge_states(timeline, state_count);
  number_optional(timeline);
  give_slots(timeline, options.memory_limit / sizeof(std::uint32_t));
  collect_facts(timeline, state_count);
  return timeline;
}

}  // namespace ordeal::checker
