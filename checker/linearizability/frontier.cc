// The rules, and why each loses nothing. `o` is the required operation whose return comes next.
//
//  1. Just in time (Lowe 2017). Steps are only taken when o returns and is not linearized, and end with o: a step after
//     o can as well be taken before a later return, as who is open now and does not return is open then.
//  2. Eager observers. An open operation that never changes the state is linearized as soon as the state suits it.
//  3. Hiding. When a write overwrites the state, every other open write could have happened just before it, unseen; so
//     could, in a state that it would only write again, an open write. Such a one is `hideable`: when it returns it may
//     count as done. So the subsets of writes that got buried need not be tried one by one.
//       W1 open, W2 open, read -> 2 returns: {state 2, W2 done, W1 hideable}, and no configuration with W1 done.
//  4. Justified steps. A write other than o, or an optional operation, is only taken when something that looks at its
//     state directly follows: an observer that sees it, or a cas that needs it (the duty `must_look`). Otherwise an
//     overwriting one follows in the same block (the block ends with o), and the first is hidden by that (rule 3), or,
//     being optional, left out: nobody saw it, and what it hid the other hides too.
//  5. A hideable o is only taken in the open when somebody may still look at its state; else hiding it is as good.
//  6. Dead states. A state is not left for good while a required operation still needs it. (The only rule that sees a
//     failure before it happens: `look_ahead`.)
//  7. Equal optional operations are used in the order of their calls, so only their number counts.
//  8. Covering. X covers Y, in the same state, when X has fewer duties and all that Y can do next: the same cas done;
//     every observer done that Y has done; no write done that Y has not; Y's further writes hideable in X, and what Y
//     may hide X may, too; and no optional operation used more often. Then any way from Y to the end is one from X,
//     where the writes that X lacks are hidden at their returns. (Not all that are covered are found: of many that
//     differ, only some are compared.)
//  9. Merging (`merge`; abstract interpretation's widening). In the place of several configurations that agree in the
//     state and the cas done there may be one that covers them all: every observer done that one of them has done, only
//     the writes done that all have done, the others hideable, the least count of each optional operation. It can do
//     all that any of them can, and perhaps more; so no linearization is lost, but one that is found may be none.
//       {1, W1 done, used 0 2} and {1, used 1 0} become {1, W1 hideable, used 0 0}
// 10. Going back (`go_back`). What one configuration cannot do, nobody whom it covers can: so whatever stood behind a
//     return once, or still waits there to be tried, need not be joined by those that it covers.
// 11. Beginning in the middle (`begin_behind`). Whatever stands behind a return is covered (rule 8) by one of these:
//     any state; any of the open cas done, any other not; every open observer done; no open write done, and all of them
//     hideable; no optional operation used. So a walk that begins with all of these, and becomes empty, proves that
//     there is no linearization, at that return at the latest.

#include "checker/linearizability/frontier.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "checker/linearizability/frontier_narrowing.h"
#include "checker/linearizability/frontier_questions.h"
#include "checker/linearizability/frontier_way_back.h"

namespace ordeal::checker {
namespace {

using Mask = OpenOperations::Mask;
using End = FrontierResult::End;

constexpr std::uint32_t must_look = 1;  // the next step must look at the present state
constexpr std::uint32_t in_block = 2;   // a step was taken since the last return, so o must be linearized in the open
constexpr std::size_t most_in_block = 4096;  // with go_back
constexpr int most_open_cas = 5;             // where a walk begins in the middle

template <std::size_t Words>
class Walk {
 public:
  using Configuration = FrontierConfiguration<Words>;

  Walk(Outline& outline, FrontierMemory::Shelves<Words>& shelves, Budget& budget, const FrontierOptions& options)
      : outline_(outline),
        now_(shelves.now),
        then_(shelves.then),
        block_(shelves.block),
        budget_(budget),
        options_(options),
        open_(outline),
        ask_(open_, options.unlimited) {}

  FrontierResult run();

 private:
  bool call(const Outline::Step& step);
  bool pass_return();
  bool skip_return();
  void begin_with_anything();
  bool go_back();
  bool look_for_more_ends();

  bool pass();
  bool expand_block();
  bool narrow();
  bool may_go_on();
  bool passes(const Configuration& c) const {  // without a choice
    return (c.linearized & o_bit_) != 0 ||
           ((c.hideable & o_bit_) != 0 && !ask_.may_be_looked_at(open_.in(o_).makes, c, position_));
  }
  void arrive(Configuration c);
  void enter_block(const Configuration& c);
  void expand(const Configuration& c);
  void take(const Configuration& c, std::uint32_t slot);
  void take_optional(const Configuration& c, std::uint32_t number);
  void finish(Configuration& child, StateId before, bool needs_follower);
  void observe(Configuration& c) const;
  bool dead(StateId state, const Configuration& c) {
    const bool dead = options_.look_ahead && ask_.is_lost(state, c);
    result_.foresaw = result_.foresaw || dead;
    return dead;
  }
  bool is_far_enough() const { return options_.end_behind > 0 && returns_ >= options_.end_behind; }
  bool end(End end) {
    result_.end = end;
    return false;
  }
  std::size_t bytes() const {
    return outline_.bytes() + now_.bytes() + 3 * (then_.bytes() + block_.bytes()) + way_back_.bytes();
  }

  Outline& outline_;
  Shelf<Words>&now_, &then_, &block_;  // behind the last return, behind the next one, and on the way
  Budget& budget_;
  const FrontierOptions options_;
  FrontierResult result_;
  OpenOperations open_;
  FrontierQuestions<Words> ask_;
  FrontierWayBack<Words> way_back_;

  std::uint32_t position_ = 0;  // of the present return
  std::uint32_t o_ = 0;         // the slot of the one that returns
  Mask o_bit_ = 0;
  std::size_t next_step_ = 0;
  std::uint32_t returns_ = 0;  // that were passed
  bool begun_ = options_.begin_behind == 0;
  std::uint64_t steps_ = 0, steps_at_most_returns_ = 0;
};

// Rules 2 and 3 in the present state.
template <std::size_t Words>
void Walk<Words>::observe(Configuration& c) const {
  const Outline::Row& r = open_.row(c.state);
  c.linearized |= r.observers | (open_.forbidders() & ~r.forbidders);
  c.hideable |= r.writers & ~c.linearized;
}

// o is linearized: on to the next return, in a slot that is free again.
template <std::size_t Words>
void Walk<Words>::arrive(Configuration c) {
  c.linearized &= ~o_bit_;
  c.hideable &= ~o_bit_;
  c.duties = 0;
  if (options_.go_back && way_back_.was_there(c, returns_, open_)) return;
  if (then_.add(c, open_)) ++result_.configurations;
}

// o is not linearized.
template <std::size_t Words>
void Walk<Words>::enter_block(const Configuration& c) {
  if (block_.size >= (options_.go_back ? most_in_block : (options_.merge ? 64 : 16) * options_.width)) {
    result_.dropped = true;
  } else if (block_.add(c, open_)) {
    ++result_.configurations;
  }
}

// What follows every step: rules 2, 3, 4 and 6.
template <std::size_t Words>
void Walk<Words>::finish(Configuration& child, StateId before, bool needs_follower) {
  const Mask had = child.linearized;
  observe(child);
  if (child.state != before && dead(before, child)) return;
  if (needs_follower && child.linearized == had) {
    if ((open_.row(child.state).cas & ~child.linearized) == 0 && !ask_.optional_needer_called(child.state, child)) {
      return;
    }
    child.duties |= must_look;
  }
  if ((child.linearized & o_bit_) != 0) {
    arrive(child);
  } else {
    enter_block(child);
  }
}

template <std::size_t Words>
void Walk<Words>::take(const Configuration& c, std::uint32_t slot) {
  const Outline::Step& step = open_.in(slot);
  const bool overwrites = step.kind == Outline::Kind::write;
  const bool needs_follower = overwrites && slot != o_;
  if (needs_follower && !ask_.worth_making(step.makes, c)) return;
  Configuration child = c;
  child.state = step.makes;
  child.duties = in_block;
  child.linearized |= Mask{1} << slot;
  if (overwrites) child.hideable |= open_.writes() & ~child.linearized;
  child.hideable &= ~child.linearized;
  finish(child, c.state, needs_follower);
}

template <std::size_t Words>
void Walk<Words>::take_optional(const Configuration& c, std::uint32_t number) {
  if constexpr (Words > 0) {
    const Outline::Class& k = outline_.classes[number];
    if (!ask_.has_left(k, c) || !ask_.worth_making(k.makes, c)) return;
    Configuration child = c;
    child.state = k.makes;
    child.duties = in_block;
    if (!options_.unlimited) child.used[k.word] += std::uint64_t{1} << k.shift;
    if (k.needs == no_state) child.hideable |= open_.writes() & ~child.linearized;
    finish(child, c.state, true);
  }
}

template <std::size_t Words>
void Walk<Words>::expand(const Configuration& c) {
  if (c.duties == 0 && (c.hideable & o_bit_) != 0) {
    Configuration child = c;
    child.linearized |= o_bit_;
    const StateId made = open_.in(o_).makes;
    if (made == c.state || !dead(made, child)) arrive(child);
  }
  const Outline::Row& r = open_.row(c.state);
  const bool free = (c.duties & must_look) == 0;
  for (Mask left = ((free ? open_.writes() : 0) | r.cas) & ~c.linearized; left != 0; left &= left - 1) {
    take(c, static_cast<std::uint32_t>(std::countr_zero(left)));
  }
  if constexpr (Words > 0) {
    for (std::uint32_t i = r.first_needer; i != Outline::none; i = outline_.classes[i].next_needer) {
      take_optional(c, i);
    }
    for (std::uint32_t i = 0; i < outline_.classes.size() && free; ++i) {
      if (outline_.classes[i].needs == no_state) take_optional(c, i);
    }
  }
}

template <std::size_t Words>
bool Walk<Words>::may_go_on() {
  result_.exceeded = budget_.spend(result_.bytes);
  if (result_.exceeded != Budget::Exceeded::nothing) return end(End::exceeded);
  ++steps_;
  if ((options_.steps_a_return > 0 && steps_ > options_.steps_at_first + options_.steps_a_return * result_.returns) ||
      (options_.steps_in_vain > 0 && steps_ > steps_at_most_returns_ + options_.steps_in_vain)) {
    return end(End::too_wide);
  }
  return true;
}

template <std::size_t Words>
bool Walk<Words>::expand_block() {
  for (std::size_t i = 0; i < block_.size; ++i) {
    if (i % 64 == 0) result_.bytes = bytes();
    if (!may_go_on()) return false;
    const Configuration c = block_.items[i];
    expand(c);
    if (options_.merge && block_.size - i - 1 > options_.width) {
      result_.merged = true;
      merge(block_, i + 1, options_.width, open_);
    }
  }
  return true;
}

// Those behind the return, when they are too many.
template <std::size_t Words>
bool Walk<Words>::narrow() {
  if (then_.size > options_.width) {
    if (options_.merge) {
      result_.merged = true;
      merge(then_, 0, options_.width, open_);
    } else if (options_.go_back) {
      way_back_.lay_aside(then_, options_.width, open_);
    } else {
      result_.dropped = true;
      keep_the_best(then_, options_.width, open_);
    }
  }
  return !result_.dropped || options_.may_drop || end(End::too_wide);
}

// The return of the operation in the slot o_. False: that was the end, as result_ says.
template <std::size_t Words>
bool Walk<Words>::pass() {
  if (now_.size == 1) {  // most often there is one, and it need not move
    Configuration& c = now_.items[0];
    observe(c);
    if (passes(c)) {
      c.linearized &= ~o_bit_;
      c.hideable &= ~o_bit_;
      return true;
    }
  }
  then_.clear();
  block_.clear();
  for (std::size_t i = 0; i < now_.size; ++i) {
    Configuration& c = now_.items[i];
    observe(c);
    if (passes(c)) {
      arrive(c);
    } else {
      enter_block(c);
    }
  }
  if (!expand_block() || !narrow()) return false;
  std::swap(now_, then_);
  return true;
}

// To the last one that waits. False: nobody does.
template <std::size_t Words>
bool Walk<Words>::go_back() {
  if (way_back_.nobody_waits()) return false;
  const auto resumed = way_back_.go_back(open_);
  next_step_ -= resumed.calls;
  returns_ -= static_cast<std::uint32_t>(resumed.returns);
  now_.clear();
  now_.append(resumed.configuration);
  return true;
}

// Rule 11.
template <std::size_t Words>
void Walk<Words>::begin_with_anything() {
  begun_ = true;
  result_.returns = returns_;
  Mask done = 0;
  do {
    for (StateId state = 0; state < outline_.rows.size(); ++state) {
      now_.append({.linearized = open_.observers() | done, .hideable = open_.writes(), .state = state});
    }
    done = (done - open_.cas()) & open_.cas();  // the next subset
  } while (done != 0);
}

// False: that was the end before it began.
template <std::size_t Words>
bool Walk<Words>::skip_return() {
  open_.pass_return();
  ++returns_;
  if (outline_.rows.size() > options_.width || is_far_enough()) return end(End::too_wide);
  if (returns_ < options_.begin_behind || std::popcount(open_.cas()) > most_open_cas) return true;
  begin_with_anything();
  return true;
}

// False: that was the end.
template <std::size_t Words>
bool Walk<Words>::pass_return() {
  const OpenOperations::Pending returning = open_.next_return();
  position_ = returning.returned;
  if (!begun_) return skip_return();
  result_.reached = std::max(result_.reached, position_);
  o_ = returning.slot;
  o_bit_ = Mask{1} << o_;
  if (!pass()) return false;
  if (options_.go_back) way_back_.note_return(open_.in(o_), o_);
  open_.pass_return();
  if (++returns_ > result_.returns) {
    result_.returns = returns_;
    steps_at_most_returns_ = steps_;
  }
  if (now_.size == 0 && !go_back()) return end(End::empty);
  return !is_far_enough() || end(End::too_wide);
}

// False: more are open than there are slots.
template <std::size_t Words>
bool Walk<Words>::call(const Outline::Step& step) {
  if (open_.full() && step.kind != Outline::Kind::optional) return end(End::too_many_open);
  const std::uint32_t slot = open_.call(step);
  if (options_.go_back) way_back_.note_call(step, slot);
  return true;
}

// At the end. Whether it goes on from another place.
template <std::size_t Words>
bool Walk<Words>::look_for_more_ends() {
  if (options_.ends == 1) return false;
  if (result_.ends.empty()) budget_.limit_steps(std::min(budget_.steps_left(), options_.steps_for_more_ends));
  const Configuration& c = now_.items[0];
  const bool known = std::any_of(result_.ends.begin(), result_.ends.end(),
                                 [&](const FrontierEnd& other) { return other.state == c.state; });
  if (!known) {
    result_.ends.push_back({.state = c.state});
    for (const Outline::Class& k : outline_.classes) result_.ends.back().used.push_back(c.used_of(k));
  }
  return result_.ends.size() < options_.ends && go_back();
}

template <std::size_t Words>
FrontierResult Walk<Words>::run() {
  outline_.rewind();
  now_.clear();
  if (begun_) now_.append({.state = outline_.initial});
  result_.merged = !begun_;
  result_.configurations = 1;
  do {
    while (next_step_ < outline_.steps.size() || !open_.none()) {
      const bool calls = next_step_ < outline_.steps.size() &&
                         (open_.none() || outline_.steps[next_step_].called < open_.next_return().returned);
      if (!(calls ? call(outline_.steps[next_step_++]) : pass_return())) return result_;
    }
  } while (look_for_more_ends());
  result_.end = End::reached_the_end;
  result_.reached = PreparedOperation::forever;
  return result_;
}

}  // namespace

FrontierResult walk_frontier(Outline& outline, FrontierMemory& memory, Budget& budget, const FrontierOptions& options) {
  if (outline.words == 0) return Walk<0>(outline, memory.no_words, budget, options).run();
  if (outline.words == 1) return Walk<1>(outline, memory.one_word, budget, options).run();
  if (outline.words <= 4) return Walk<4>(outline, memory.four_words, budget, options).run();
  return Walk<16>(outline, memory.sixteen_words, budget, options).run();
}

}  // namespace ordeal::checker
