// The rules, and why each loses nothing. `o` is the required operation whose return comes next; a total operation is
// accepted in every state (write, put, append); a dependent one looks at the state (read, cas, append).
//
//  1. Just in time (Lowe 2017). Steps are only taken when o returns and is not linearized, and end with o: a step after
//     o can as well be taken before a later return, as who is open now and does not return is open then.
//  2. Eager observers. An open operation that never changes the state is linearized as soon as the state suits it.
//  3. Hiding. When an operation overwrites the state, every other open total operation could have happened just before
//     it, unseen; so could, in a state that it would only write again, an open write. Such an operation is `hideable`:
//     when it returns it may count as done. So the subsets of writes that got buried need not be tried one by one.
//  4. Justified steps. A total operation other than o, or an optional one, is only taken when a dependent one directly
//     follows. Otherwise an overwriting one follows in the same block (the block ends with o), and the total one is
//     hidden by that (rule 3), or the optional one is left out: nobody saw it, and what it hid the other hides too.
//  5. A hideable o is only taken in the open when somebody may still look at its state; else hiding it is as good: what
//     follows it directly is an overwriting operation, and whatever o would hide before that can be taken itself.
//  6. Dead states. A state is not left for good while a required operation still needs it.
//  7. Equal optional operations are taken in the order of their calls, so only their number counts.
//  8. A configuration that spent no more and can hide no less than another covers it (memo.h).

#include "checker/linearizability/depth_first.h"

#include <algorithm>
#include <limits>

#include "checker/linearizability/configuration.h"
#include "checker/linearizability/memo.h"
#include "checker/linearizability/timeline.h"

namespace ordeal::checker {
namespace {

class Search {
 public:
  Search(const Problem& problem, Budget& budget, const SearchOptions& options)
      : problem_(problem),
        budget_(budget),
        options_(options),
        timeline_(lay_out(problem, {.merge_states = !options.exact_states, .memory_limit = largest_layout(budget)})),
        slot_words_((timeline_.slot_count + 63) / 64),
        stride_(1 + 2 * slot_words_ + (timeline_.optional.size() + 63) / 64),
        memo_(1 + slot_words_, stride_ - 1 - slot_words_),
        scratch_(stride_) {}

  SearchResult run();

 private:
  struct Child {
    std::uint32_t rank;  // the best first
    std::size_t begin;   // into children_words_
  };

  // The positions of `open` are 32 bits wide, and a vector may hold twice what it needs.
  static std::size_t largest_layout(const Budget& budget) {
    return std::min(budget.memory_limit() / 2, std::size_t{std::numeric_limits<std::uint32_t>::max()});
  }

  Configuration view(std::span<Word> words) const { return {words, slot_words_}; }
  const Timeline::Return& next(const Configuration& at) const { return timeline_.returns[at.next_return()]; }
  std::span<const std::uint32_t> open(const Timeline::Return& at) const {
    return std::span(timeline_.open).subspan(at.open_begin, at.open_end - at.open_begin);
  }

  bool accepts(StateId state, const PreparedOperation& operation) const;
  StateId result(StateId state, const PreparedOperation& operation, std::uint32_t index);
  bool observe(Configuration at);
  bool someone_needs(StateId state, const Configuration& at) const;
  bool someone_makes(StateId state, const Configuration& at) const;
  bool dead(StateId state, const Configuration& at) const;
  bool may_be_looked_at(StateId state, const Configuration& at) const;
  bool dependent_follows(const Configuration& at) const;
  bool worth_taking(StateId made, const Configuration& at) const;

  void expand();
  void hide_returning(const Configuration& at);
  void take(std::uint32_t operation, const Configuration& at);
  void take_optional(std::uint32_t bit, const Configuration& at);
  void finish_step(Configuration child, bool seen, bool needs_follower, StateId before, std::uint32_t rank);
  bool arrive(Configuration at);
  void add_child(std::uint32_t rank);
  void push_children();
  void record_end(const Configuration& at);
  std::size_t bytes() const;

  const Problem problem_;
  Budget& budget_;
  SearchOptions options_;
  Timeline timeline_;
  std::size_t slot_words_;
  std::size_t stride_;
  Memo memo_;
  std::vector<Word> stack_;
  std::vector<Word> current_;
  std::vector<Word> scratch_;
  std::vector<Word> children_words_;
  std::vector<Child> children_;
  SearchResult result_;
};

bool Search::accepts(StateId state, const PreparedOperation& operation) const {
  if (operation.transforms) {
    return !(operation.refusable || operation.reads_only) || problem_.steps->step(state, operation.source) != no_state;
  }
  return (operation.needs == no_state || operation.needs == state) && operation.forbids != state;
}

StateId Search::result(StateId state, const PreparedOperation& operation, std::uint32_t index) {
  if (!operation.transforms) return operation.makes == no_state ? state : operation.makes;
  return problem_.steps->step(state, timeline_.operations[index].source);
}

// Rules 2 and 3 in the present state. Says whether an observer was linearized.
bool Search::observe(Configuration at) {
  bool seen = false;
  const StateId state = at.state();
  for (const std::uint32_t i : open(next(at))) {
    const PreparedOperation& operation = timeline_.operations[i];
    const std::uint32_t slot = timeline_.slots[i];
    if (at.linearized(slot)) continue;
    if (operation.observes()) {
      if (!accepts(state, operation)) continue;
      at.linearize(slot);
      seen = true;
    } else if (operation.overwrites() && operation.makes == state) {
      at.make_hideable(slot);
    }
  }
  return seen;
}

// Whether a required operation that is not linearized needs the state.
bool Search::someone_needs(StateId state, const Configuration& at) const {
  if (timeline_.facts[state].last_needed_call > next(at).position) return true;
  for (const std::uint32_t i : open(next(at))) {
    if (timeline_.operations[i].needs == state && !at.linearized(timeline_.slots[i])) return true;
  }
  return false;
}

bool Search::someone_makes(StateId state, const Configuration& at) const {
  const Timeline::StateFacts& facts = timeline_.facts[state];
  if (facts.last_made_call > next(at).position) return true;
  for (const std::uint32_t i : open(next(at))) {
    if (timeline_.operations[i].makes == state && !at.linearized(timeline_.slots[i])) return true;
  }
  return std::any_of(facts.optional_makers.begin(), facts.optional_makers.end(),
                     [&](std::uint32_t bit) { return !at.used(bit); });
}

// Rule 6: whether, the present state being another, somebody waits for `state` in vain.
bool Search::dead(StateId state, const Configuration& at) const {
  return !timeline_.transforms && someone_needs(state, at) && !someone_makes(state, at);
}

// Rule 5: whether anything that is still to come could tell that the state was there.
bool Search::may_be_looked_at(StateId state, const Configuration& at) const {
  if (timeline_.transforms || timeline_.last_forbidding_return > next(at).position) return true;
  const std::vector<std::uint32_t>& needers = timeline_.facts[state].optional_needers;
  return someone_needs(state, at) ||
         std::any_of(needers.begin(), needers.end(), [&](std::uint32_t bit) { return !at.used(bit); });
}

// Rule 4: whether an operation that looks at the present state and changes it can come next.
bool Search::dependent_follows(const Configuration& at) const {
  const StateId state = at.state();
  for (const std::uint32_t i : open(next(at))) {
    const PreparedOperation& operation = timeline_.operations[i];
    if ((operation.transforms || operation.needs == state) && !at.linearized(timeline_.slots[i])) return true;
  }
  const std::uint32_t now = next(at).position;
  for (std::uint32_t bit = 0; bit < timeline_.optional.size() && timeline_.transforms; ++bit) {
    const PreparedOperation& operation = timeline_.operations[timeline_.optional[bit]];
    if (operation.transforms && operation.called < now && !at.used(bit)) return true;
  }
  if (timeline_.transforms) return false;
  const std::vector<std::uint32_t>& needers = timeline_.facts[state].optional_needers;
  return std::any_of(needers.begin(), needers.end(), [&](std::uint32_t bit) {
    return timeline_.operations[timeline_.optional[bit]].called < now && !at.used(bit);
  });
}

// A cheap first look for rule 4: whether anyone could look at `made`.
bool Search::worth_taking(StateId made, const Configuration& at) const {
  if (timeline_.transforms || !timeline_.facts[made].optional_needers.empty()) return true;
  for (const std::uint32_t i : open(next(at))) {
    const PreparedOperation& operation = timeline_.operations[i];
    if (operation.needs != made && operation.forbids == no_state) continue;
    if (!at.linearized(timeline_.slots[i])) return true;
  }
  return false;
}

// Moves along the returns as far as nothing is to be chosen. False: a dead end.
bool Search::arrive(Configuration at) {
  while (at.next_return() < timeline_.returns.size()) {
    observe(at);
    const std::uint32_t o = next(at).operation;
    const std::uint32_t slot = timeline_.slots[o];
    if (!at.linearized(slot)) {
      const StateId made = timeline_.operations[o].makes;
      if (!at.hideable(slot) || may_be_looked_at(made, at)) return true;
      at.linearize(slot);
    }
    at.free_slot(slot);
    at.set(at.state(), at.next_return() + 1, 0);
  }
  return true;
}

// The configuration in scratch_ becomes a child, unless it is covered.
void Search::add_child(std::uint32_t rank) {
  if (memo_.covers(scratch_)) return;
  const Word flags = scratch_[0] & 3;
  if (flags != 0) {  // what has fewer duties can do as much
    scratch_[0] &= ~Word{3};
    bool covered = memo_.covers(scratch_);
    scratch_[0] |= in_block;
    covered = covered || memo_.covers(scratch_);
    scratch_[0] = (scratch_[0] & ~Word{3}) | flags;
    if (covered) return;
  }
  memo_.insert(scratch_);
  children_.push_back({.rank = rank, .begin = children_words_.size()});
  children_words_.insert(children_words_.end(), scratch_.begin(), scratch_.end());
}

void Search::push_children() {
  std::stable_sort(children_.begin(), children_.end(), [](const Child& a, const Child& b) { return a.rank > b.rank; });
  for (const Child& child : children_) {
    const auto begin = children_words_.begin() + static_cast<std::ptrdiff_t>(child.begin);
    stack_.insert(stack_.end(), begin, begin + static_cast<std::ptrdiff_t>(stride_));
  }
  children_.clear();
  children_words_.clear();
}

void Search::hide_returning(const Configuration& at) {
  const std::uint32_t o = next(at).operation;
  Configuration child = view(scratch_);
  child.linearize(timeline_.slots[o]);
  const StateId made = timeline_.operations[o].makes;
  if (made != no_state && made != child.state() && dead(made, child)) return;
  if (arrive(child)) add_child(1);
}

// What follows every step: rules 2 to 4 and 6, then on to the next return if o is done.
void Search::finish_step(Configuration child, bool seen, bool needs_follower, StateId before, std::uint32_t rank) {
  if (child.state() != before && dead(before, child)) return;
  if (needs_follower && !seen) {
    if (!dependent_follows(child)) return;
    child.set(child.state(), child.next_return(), in_block | must_depend);
  }
  if (child.linearized(timeline_.slots[next(child).operation]) && !arrive(child)) return;
  add_child(rank);
}

// The open required operation `i` takes effect.
void Search::take(std::uint32_t i, const Configuration& at) {
  const PreparedOperation& operation = timeline_.operations[i];
  if (operation.observes() || at.linearized(timeline_.slots[i]) || !accepts(at.state(), operation)) return;
  if ((at.flags() & must_depend) != 0 && operation.overwrites()) return;
  const bool is_returning = i == next(at).operation;
  const StateId before = at.state();
  const StateId after = result(before, operation, i);
  const bool needs_follower = operation.total() && !is_returning;
  if (needs_follower && !worth_taking(after, at)) return;
  std::copy(current_.begin(), current_.end(), scratch_.begin());
  Configuration child = view(scratch_);
  child.set(after, at.next_return(), in_block);
  child.linearize(timeline_.slots[i]);
  if (operation.overwrites()) {
    for (const std::uint32_t other : open(next(at))) {
      if (!child.linearized(timeline_.slots[other]) && timeline_.operations[other].total()) {
        child.make_hideable(timeline_.slots[other]);
      }
    }
  }
  const bool seen = observe(child);
  const bool suits = timeline_.operations[next(at).operation].needs == after;
  finish_step(child, seen, needs_follower, before, is_returning || suits ? 0 : operation.total() ? 3 : 2);
}

void Search::take_optional(std::uint32_t bit, const Configuration& at) {
  const std::uint32_t i = timeline_.optional[bit];
  const PreparedOperation& operation = timeline_.operations[i];
  if (operation.called > next(at).position || !accepts(at.state(), operation)) return;
  if ((at.flags() & must_depend) != 0 && operation.overwrites()) return;
  const StateId before = at.state();
  const StateId after = result(before, operation, i);
  if (!worth_taking(after, at)) return;
  std::copy(current_.begin(), current_.end(), scratch_.begin());
  Configuration child = view(scratch_);
  child.set(after, at.next_return(), in_block);
  child.use(bit);
  if (operation.overwrites()) {
    for (const std::uint32_t other : open(next(at))) {
      if (!child.linearized(timeline_.slots[other]) && timeline_.operations[other].total()) {
        child.make_hideable(timeline_.slots[other]);
      }
    }
  }
  const bool seen = observe(child);
  const bool suits = timeline_.operations[next(at).operation].needs == after;
  finish_step(child, seen, true, before, suits ? 4 : 5);
}

void Search::expand() {
  const Configuration at = view(current_);
  if (at.hideable(timeline_.slots[next(at).operation]) && at.flags() == 0) {
    std::copy(current_.begin(), current_.end(), scratch_.begin());
    hide_returning(at);
  }
  for (const std::uint32_t i : open(next(at))) take(i, at);
  for (std::size_t kind = 0; kind + 1 < timeline_.class_begin.size(); ++kind) {
    std::uint32_t bit = timeline_.class_begin[kind];
    while (bit < timeline_.class_begin[kind + 1] && at.used(bit)) ++bit;  // rule 7
    if (bit < timeline_.class_begin[kind + 1]) take_optional(bit, at);
  }
  push_children();
}

void Search::record_end(const Configuration& at) {
  for (const SearchEnd& end : result_.ends) {
    if (end.state == at.state()) return;
  }
  SearchEnd end{.state = at.state()};
  for (std::uint32_t bit = 0; bit < timeline_.optional.size(); ++bit) {
    if (at.used(bit)) end.used.push_back(timeline_.given[timeline_.optional[bit]]);
  }
  result_.ends.push_back(std::move(end));
}

std::size_t Search::bytes() const {
  return memo_.bytes() + 8 * stack_.capacity() + timeline_.bytes() +
         (problem_.steps == nullptr ? 0 : problem_.steps->bytes());
}

SearchResult Search::run() {
  if (timeline_.too_large) {
    result_.exceeded = Budget::Exceeded::memory;
    result_.bytes = bytes();
    return std::move(result_);
  }
  Configuration start = view(scratch_);
  start.set(timeline_.initial, 0, 0);
  for (std::uint32_t slot = 0; slot < slot_words_ * 64; ++slot) start.free_slot(slot);
  if (arrive(start)) add_child(0);
  push_children();
  current_.resize(stride_);
  std::uint32_t furthest = 0;
  result_.answer = SearchResult::Answer::not_linearizable;
  while (!stack_.empty() && result_.ends.size() < options_.ends) {
    result_.exceeded = budget_.spend(bytes());
    if (result_.exceeded != Budget::Exceeded::nothing) break;
    std::copy(stack_.end() - static_cast<std::ptrdiff_t>(stride_), stack_.end(), current_.begin());
    stack_.resize(stack_.size() - stride_);
    const Configuration at = view(current_);
    furthest = std::max(furthest, at.next_return());
    if (at.next_return() == timeline_.returns.size()) {
      record_end(at);
    } else {
      expand();
    }
  }
  if (!result_.ends.empty()) {
    result_.answer = SearchResult::Answer::linearizable;
  } else if (result_.exceeded != Budget::Exceeded::nothing) {
    result_.answer = SearchResult::Answer::unknown;
  }
  const bool at_end = furthest == timeline_.returns.size();
  result_.reached = at_end ? PreparedOperation::forever : timeline_.returns[furthest].position;
  result_.configurations = memo_.size();
  result_.bytes = bytes();
  return std::move(result_);
}

}  // namespace

SearchResult search_depth_first(const Problem& problem, Budget& budget, const SearchOptions& options) {
  return Search(problem, budget, options).run();
}

}  // namespace ordeal::checker
