// The search of search.h once more, but one that remembers its way.
//
// It walks along the returns. When a required operation o returns that has no place yet, it tries every sequence of
// open operations that ends with o, depth first, and never goes on twice from the same configuration (return, state,
// who of the open operations has a place, how many of each kind of optional ones were taken). A step is a link to the
// one before it, so a way costs no more than its steps.
//
// The rules that keep it fast are those of search.cc, where each has its proof: an observer is placed as soon as the
// state suits it; an operation that takes any state and that an overwriting one follows may stand unseen before that
// one ("hidden"); what nobody looks at directly is not taken in the open; a state that is still needed is not left for
// good. A hidden operation is a step that names the place where it goes: after a step that is older than the last.
// Whatever these rules do, an order that comes out is replayed before anybody sees it.

#include "checker/linearizability/linearization.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <tuple>
#include <unordered_set>

namespace ordeal::checker {
namespace {

using Word = std::uint32_t;
constexpr Word none = ~Word{0};
constexpr Word must_depend = 1;  // the next step must look at the state
constexpr Word in_block = 2;     // a step was taken since the last return

// The operations along their returns, and what can be asked about states.
struct Layout {
  struct Return {
    std::uint32_t operation = 0, position = 0;
    std::size_t open_begin = 0, open_end = 0;
  };
  struct StateFacts {
    std::uint32_t last_needed_call = 0, last_made_call = 0;  // of required operations
    std::vector<Word> optional_makers, optional_needers;     // kinds
  };

  explicit Layout(const Problem& problem, std::size_t most_open);

  std::vector<PreparedOperation> operations;
  StateId initial = 0;
  std::vector<Return> returns;
  std::vector<std::uint32_t> open;
  std::vector<Word> slots;                        // of each required operation
  std::vector<std::vector<std::uint32_t>> kinds;  // equal optional operations, by call
  std::vector<StateFacts> facts;
  std::uint32_t last_forbidding_return = 0;
  Word slot_count = 0;
  bool transforms = false;
  bool too_large = false;

 private:
  void merge_states(std::size_t state_count);
  void find_kinds(const Problem& problem);
  void find_facts(const Problem& problem);
  void find_open(std::size_t most_open);
};

Layout::Layout(const Problem& problem, std::size_t most_open)
    : operations(problem.operations.begin(), problem.operations.end()), initial(problem.initial) {
  for (const PreparedOperation& operation : operations) transforms = transforms || operation.transforms;
  if (!transforms) merge_states(problem.state_count);
  find_kinds(problem);
  find_facts(problem);
  find_open(most_open);
}

// States that nobody needs or forbids cannot be told apart: they become one.
void Layout::merge_states(std::size_t state_count) {
  std::vector<bool> asked(state_count, false);
  for (const PreparedOperation& operation : operations) {
    if (operation.needs != no_state) asked[operation.needs] = true;
    if (operation.forbids != no_state) asked[operation.forbids] = true;
  }
  StateId nobody_asks = no_state;
  const auto merge = [&](StateId& state) {
    if (state == no_state || asked[state]) return;
    if (nobody_asks == no_state) nobody_asks = state;
    state = nobody_asks;
  };
  merge(initial);
  for (PreparedOperation& operation : operations) merge(operation.makes);
}

void Layout::find_kinds(const Problem& problem) {
  const std::vector<bool> useless = useless_optional(operations, problem.state_count);
  std::map<std::tuple<StateId, StateId, std::uint32_t>, std::size_t> numbers;
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    const PreparedOperation& operation = operations[i];
    if (!operation.optional() || useless[i]) continue;
    const auto kind = std::tuple(operation.needs, operation.makes, operation.transforms ? i + 1 : 0);
    const auto number = numbers.try_emplace(kind, kinds.size()).first->second;
    if (number == kinds.size()) kinds.emplace_back();
    kinds[number].push_back(i);
  }
}

void Layout::find_facts(const Problem& problem) {
  facts.resize(transforms ? 0 : problem.state_count);
  for (const PreparedOperation& operation : operations) {
    if (operation.optional()) continue;
    if (operation.forbids != no_state) last_forbidding_return = std::max(last_forbidding_return, operation.returned);
    if (transforms) continue;
    if (operation.needs != no_state) facts[operation.needs].last_needed_call = operation.called;
    if (operation.makes != no_state) facts[operation.makes].last_made_call = operation.called;
  }
  for (Word kind = 0; kind < kinds.size() && !transforms; ++kind) {
    const PreparedOperation& operation = operations[kinds[kind][0]];
    if (operation.makes != no_state) facts[operation.makes].optional_makers.push_back(kind);
    if (operation.needs != no_state) facts[operation.needs].optional_needers.push_back(kind);
  }
}

void Layout::find_open(std::size_t most_open) {
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    if (!operations[i].optional()) returns.push_back({.operation = i, .position = operations[i].returned});
  }
  std::sort(returns.begin(), returns.end(), [](const Return& a, const Return& b) { return a.position < b.position; });
  slots.assign(operations.size(), none);
  std::vector<std::uint32_t> occupants;  // of each slot
  std::uint32_t next_call = 0;
  for (Return& at : returns) {
    for (; next_call < operations.size() && operations[next_call].called < at.position; ++next_call) {
      if (operations[next_call].optional()) continue;
      const auto free = std::find(occupants.begin(), occupants.end(), none);
      slots[next_call] = static_cast<Word>(free - occupants.begin());
      if (free == occupants.end()) {
        occupants.push_back(next_call);
      } else {
        *free = next_call;
      }
    }
    too_large = too_large || open.size() + occupants.size() > most_open;
    if (too_large) return;
    at.open_begin = open.size();
    std::copy_if(occupants.begin(), occupants.end(), std::back_inserter(open), [](Word who) { return who != none; });
    at.open_end = open.size();
    occupants[slots[at.operation]] = none;
  }
  slot_count = static_cast<Word>(occupants.size());
}

// Where the walk stands: [state, next return, flags, last step, place | a word for each slot | how many of each kind
// were used]. Steps are numbered from 1; the place is the last one that was taken in the open, and 0 the begin.
class Stand {
 public:
  static constexpr std::size_t header = 5;
  static constexpr Word open = 0, placed = 1;  // a larger word of a slot: it may hide at the place (word - 2)

  Stand(std::span<Word> words, Word slot_count) : words_(words), slot_count_(slot_count) {}

  Word& state() const { return words_[0]; }
  Word& next_return() const { return words_[1]; }
  Word& flags() const { return words_[2]; }
  Word& last_step() const { return words_[3]; }
  Word& place() const { return words_[4]; }
  Word& slot(Word number) const { return words_[header + number]; }
  Word& used(Word kind) const { return words_[header + slot_count_ + kind]; }

  // Of all that decides how it can go on; not of the way here.
  std::uint64_t fingerprint() const {
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (i == 3 || i == 4) continue;
      const bool is_slot = i >= header && i < header + std::size_t{slot_count_};
      hash = (hash ^ (is_slot ? std::min(words_[i], Word{2}) : words_[i])) * 0x9e3779b97f4a7c15ULL;
      hash ^= hash >> 29;
    }
    return hash;
  }

 private:
  std::span<Word> words_;
  Word slot_count_;
};

class OrderSearch {
 public:
  OrderSearch(const Problem& problem, Budget& budget)
      : problem_(problem),
        budget_(budget),
        layout_(problem, std::min(budget.memory_limit() / 16, std::size_t{1} << 26)),
        stride_(Stand::header + layout_.slot_count + layout_.kinds.size()),
        current_(stride_),
        scratch_(stride_) {}

  std::optional<std::vector<std::uint32_t>> run();

 private:
  struct Step {
    Word before;     // the step before it, in the order of the walk; 0: none
    Word operation;  // index into problem.operations
    Word place;      // of a hidden one: the step in the open that it follows; `none`: it is in the open itself
  };
  struct Child {
    std::uint32_t rank;
    std::size_t begin;
  };

  Stand stand(std::vector<Word>& words) const { return {words, layout_.slot_count}; }
  const PreparedOperation& operation(std::uint32_t i) const { return layout_.operations[i]; }
  const Layout::Return& next(const Stand& at) const { return layout_.returns[at.next_return()]; }
  std::span<const std::uint32_t> open(const Stand& at) const {
    const Layout::Return& here = next(at);
    return std::span(layout_.open).subspan(here.open_begin, here.open_end - here.open_begin);
  }
  bool unplaced(std::uint32_t i, const Stand& at) const { return at.slot(layout_.slots[i]) != Stand::placed; }

  // The state after the operation, or no_state when it is refused.
  StateId after(StateId state, const PreparedOperation& operation) const {
    if (operation.transforms) return problem_.steps->step(state, operation.source);
    if (operation.needs != no_state && operation.needs != state) return no_state;
    if (operation.forbids != no_state && operation.forbids == state) return no_state;
    return operation.makes == no_state ? state : operation.makes;
  }
  bool left_of_kind(Word kind, const Stand& at) const { return at.used(kind) < layout_.kinds[kind].size(); }
  bool available(Word kind, const Stand& at) const {
    return left_of_kind(kind, at) && operation(layout_.kinds[kind][at.used(kind)]).called < next(at).position;
  }
  bool any_left(const std::vector<Word>& kinds, const Stand& at) const {
    return std::any_of(kinds.begin(), kinds.end(), [&](Word kind) { return left_of_kind(kind, at); });
  }

  void add_step(const Stand& at, std::uint32_t i, Word place);
  void step_in_the_open(const Stand& at, std::uint32_t i) {
    add_step(at, i, none);
    at.place() = at.last_step();
  }
  void hide(const Stand& at, std::uint32_t i) {
    Word& slot = at.slot(layout_.slots[i]);
    add_step(at, i, slot - 2);
    slot = Stand::placed;
  }
  bool observe(const Stand& at);
  bool someone_needs(StateId state, const Stand& at) const;
  bool someone_makes(StateId state, const Stand& at) const;
  bool dead(StateId state, const Stand& at) const;
  bool may_be_looked_at(StateId state, const Stand& at) const;
  bool dependent_follows(const Stand& at) const;
  void arrive(const Stand& at);
  void take(std::uint32_t i, Word kind, const Stand& at);
  void expand();
  void add_child(std::uint32_t rank);
  void push_children();
  std::vector<std::uint32_t> order(Word last_step) const;
  std::size_t bytes() const {
    return 16 * seen_.size() + 8 * seen_.bucket_count() + sizeof(Word) * stack_.capacity() +
           sizeof(Step) * steps_.capacity() + (problem_.steps == nullptr ? 0 : problem_.steps->bytes());
  }

  const Problem& problem_;
  Budget& budget_;
  Layout layout_;
  std::size_t stride_;
  std::unordered_set<std::uint64_t> seen_;  // a collision loses a way, never adds one
  std::vector<Step> steps_;
  std::vector<Word> stack_, current_, scratch_, children_words_;
  std::vector<Child> children_;
};

void OrderSearch::add_step(const Stand& at, std::uint32_t i, Word place) {
  steps_.push_back({.before = at.last_step(), .operation = i, .place = place});
  at.last_step() = static_cast<Word>(steps_.size());
}

bool OrderSearch::observe(const Stand& at) {
  bool seen = false;
  for (const std::uint32_t i : open(at)) {
    if (!unplaced(i, at)) continue;
    if (operation(i).observes()) {
      if (after(at.state(), operation(i)) == no_state) continue;
      step_in_the_open(at, i);
      at.slot(layout_.slots[i]) = Stand::placed;
      seen = true;
    } else if (operation(i).overwrites() && operation(i).makes == at.state()) {
      at.slot(layout_.slots[i]) = at.place() + 2;
    }
  }
  return seen;
}

bool OrderSearch::someone_needs(StateId state, const Stand& at) const {
  if (layout_.facts[state].last_needed_call > next(at).position) return true;
  const auto waiting = open(at);
  return std::any_of(waiting.begin(), waiting.end(),
                     [&](std::uint32_t i) { return operation(i).needs == state && unplaced(i, at); });
}

bool OrderSearch::someone_makes(StateId state, const Stand& at) const {
  if (layout_.facts[state].last_made_call > next(at).position) return true;
  const auto waiting = open(at);
  return any_left(layout_.facts[state].optional_makers, at) ||
         std::any_of(waiting.begin(), waiting.end(),
                     [&](std::uint32_t i) { return operation(i).makes == state && unplaced(i, at); });
}

bool OrderSearch::dead(StateId state, const Stand& at) const {
  return !layout_.transforms && someone_needs(state, at) && !someone_makes(state, at);
}

bool OrderSearch::may_be_looked_at(StateId state, const Stand& at) const {
  if (layout_.transforms || layout_.last_forbidding_return > next(at).position) return true;
  return someone_needs(state, at) || any_left(layout_.facts[state].optional_needers, at);
}

bool OrderSearch::dependent_follows(const Stand& at) const {
  const StateId state = at.state();
  const auto waiting = open(at);
  const bool required = std::any_of(waiting.begin(), waiting.end(), [&](std::uint32_t i) {
    return (operation(i).transforms || operation(i).needs == state) && unplaced(i, at);
  });
  if (required) return true;
  for (Word kind = 0; kind < layout_.kinds.size() && layout_.transforms; ++kind) {
    if (operation(layout_.kinds[kind][0]).transforms && available(kind, at)) return true;
  }
  if (layout_.transforms) return false;
  const std::vector<Word>& needers = layout_.facts[state].optional_needers;
  return std::any_of(needers.begin(), needers.end(), [&](Word kind) { return available(kind, at); });
}

// Moves along the returns as far as nothing is to be chosen.
void OrderSearch::arrive(const Stand& at) {
  while (at.next_return() < layout_.returns.size()) {
    observe(at);
    const std::uint32_t o = next(at).operation;
    if (unplaced(o, at)) {
      if (at.slot(layout_.slots[o]) == Stand::open || may_be_looked_at(operation(o).makes, at)) return;
      hide(at, o);
    }
    at.slot(layout_.slots[o]) = Stand::open;
    ++at.next_return();
    at.flags() = 0;
  }
}

void OrderSearch::add_child(std::uint32_t rank) {
  if (!seen_.insert(stand(scratch_).fingerprint()).second) return;
  children_.push_back({.rank = rank, .begin = children_words_.size()});
  children_words_.insert(children_words_.end(), scratch_.begin(), scratch_.end());
}

void OrderSearch::push_children() {
  std::stable_sort(children_.begin(), children_.end(), [](const Child& a, const Child& b) { return a.rank > b.rank; });
  for (const Child& child : children_) {
    const auto begin = children_words_.begin() + static_cast<std::ptrdiff_t>(child.begin);
    stack_.insert(stack_.end(), begin, begin + static_cast<std::ptrdiff_t>(stride_));
  }
  children_.clear();
  children_words_.clear();
}

// `i` takes effect: an open required operation, or the next optional one of `kind`.
void OrderSearch::take(std::uint32_t i, Word kind, const Stand& at) {
  const PreparedOperation& taken = operation(i);
  const bool required = kind == none;
  if (required && (taken.observes() || !unplaced(i, at))) return;
  if ((at.flags() & must_depend) != 0 && taken.overwrites()) return;
  const bool is_returning = i == next(at).operation;
  const StateId before = at.state();
  const StateId made = after(before, taken);
  if (made == no_state) return;
  std::copy(current_.begin(), current_.end(), scratch_.begin());
  const Stand child = stand(scratch_);
  child.state() = made;
  child.flags() = in_block;
  if (taken.overwrites()) {
    for (const std::uint32_t other : open(at)) {
      if (other == i || !unplaced(other, child) || !operation(other).total()) continue;
      child.slot(layout_.slots[other]) = at.place() + 2;
    }
  }
  step_in_the_open(child, i);
  if (required) child.slot(layout_.slots[i]) = Stand::placed;
  if (!required) ++child.used(kind);
  const bool seen = observe(child);
  if (child.state() != before && dead(before, child)) return;
  if ((taken.total() || !required) && !is_returning && !seen) {
    if (!dependent_follows(child)) return;
    child.flags() = in_block | must_depend;
  }
  const bool suits = operation(next(at).operation).needs == child.state();
  if (!unplaced(next(child).operation, child)) arrive(child);
  add_child(is_returning || (suits && required) ? 0 : !required ? (suits ? 4 : 5) : taken.total() ? 3 : 2);
}

void OrderSearch::expand() {
  const Stand at = stand(current_);
  const std::uint32_t o = next(at).operation;
  if (at.slot(layout_.slots[o]) > Stand::placed && at.flags() == 0) {
    std::copy(current_.begin(), current_.end(), scratch_.begin());
    const Stand child = stand(scratch_);
    hide(child, o);
    const StateId made = operation(o).makes;
    if (made == no_state || made == child.state() || !dead(made, child)) {
      arrive(child);
      add_child(1);
    }
  }
  for (const std::uint32_t i : open(at)) take(i, none, at);
  for (Word kind = 0; kind < layout_.kinds.size(); ++kind) {
    if (available(kind, at)) take(layout_.kinds[kind][at.used(kind)], kind, at);
  }
  push_children();
}

// From the steps of the walk to the linearization: those in the open in their order, and each hidden one directly after
// the step that it names.
std::vector<std::uint32_t> OrderSearch::order(Word last_step) const {
  std::vector<Word> in_the_open{0};
  std::vector<std::pair<Word, std::uint32_t>> hidden;  // place, operation
  for (Word step = last_step; step != 0; step = steps_[step - 1].before) {
    const Step& taken = steps_[step - 1];
    if (taken.place == none) {
      in_the_open.push_back(step);
    } else {
      hidden.emplace_back(taken.place, taken.operation);
    }
  }
  std::sort(in_the_open.begin(), in_the_open.end());  // steps are numbered as they come
  std::sort(hidden.begin(), hidden.end());
  std::vector<std::uint32_t> order;
  auto next_hidden = hidden.begin();
  for (const Word step : in_the_open) {
    if (step != 0) order.push_back(steps_[step - 1].operation);
    for (; next_hidden != hidden.end() && next_hidden->first == step; ++next_hidden) {
      order.push_back(next_hidden->second);
    }
  }
  return order;
}

std::optional<std::vector<std::uint32_t>> OrderSearch::run() {
  if (layout_.too_large) return std::nullopt;
  const Stand start = stand(scratch_);
  start.state() = layout_.initial;
  arrive(start);
  add_child(0);
  push_children();
  while (!stack_.empty() && budget_.spend(bytes()) == Budget::Exceeded::nothing) {
    std::copy(stack_.end() - static_cast<std::ptrdiff_t>(stride_), stack_.end(), current_.begin());
    stack_.resize(stack_.size() - stride_);
    const Stand at = stand(current_);
    if (at.next_return() == layout_.returns.size()) return order(at.last_step());
    expand();
  }
  return std::nullopt;
}

}  // namespace

std::vector<bool> useless_optional(std::span<const PreparedOperation> operations, std::size_t state_count,
                                   bool forbidding) {
  std::vector<bool> useless(operations.size(), false);
  std::vector<std::uint32_t> needed(state_count, 0);
  bool every_state_counts = false;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const PreparedOperation& operation = operations[i];
    useless[i] = operation.optional() && operation.observes();
    if (useless[i]) continue;
    every_state_counts = every_state_counts || operation.transforms || (operation.forbids != no_state && forbidding);
    if (operation.needs != no_state) ++needed[operation.needs];
  }
  // An optional cas that cannot help needs nothing either.
  for (bool again = !every_state_counts; again;) {
    again = false;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const PreparedOperation& operation = operations[i];
      if (useless[i] || !operation.optional() || needed[operation.makes] > 0) continue;
      useless[i] = true;
      if (operation.needs != no_state) again = --needed[operation.needs] == 0 || again;
    }
  }
  return useless;
}

std::optional<std::vector<std::uint32_t>> linearization(const Problem& problem, Budget& budget) {
  const bool transforms = std::any_of(problem.operations.begin(), problem.operations.end(),
                                      [](const PreparedOperation& operation) { return operation.transforms; });
  if (!transforms) {
    std::vector<std::uint32_t> order = order_by_blocks(problem);
    if (!replay(problem, order)) return order;
  }
  return OrderSearch(problem, budget).run();
}

}  // namespace ordeal::checker
