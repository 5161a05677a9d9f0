#include "checker/linearizability/quick_walk.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "checker/linearizability/quick_open.h"

namespace ordeal::checker {
namespace {

using Mask = QuickOpen::Mask;
using Answer = SearchResult::Answer;

constexpr std::uint32_t must_look = 1;  // the next step must look at the present state
constexpr std::uint32_t in_block = 2;   // a step was taken since the last return
constexpr std::size_t shelf_size = 4 * quick_walk_most_width;

constexpr Mask bit_of(std::uint32_t i) {
  return Mask{1} << i;
}

// The lowest bit, as a number.
std::uint32_t first_of(Mask mask) {
  return static_cast<std::uint32_t>(std::countr_zero(mask));
}

struct Configuration {
  Mask linearized;  // a bit for each open operation, in its slot
  Mask hideable;
  Mask used;  // a bit for each optional operation
  std::uint32_t state;
  std::uint32_t duties;
};

struct Shelf {
  std::size_t size;
  Configuration items[shelf_size + 1];  // one more, where the next one is made
};

class QuickWalk {
 public:
  QuickWalk(const KeyOperations& key, Atom initial, Budget& budget, const QuickWalkOptions& options)
      : key_(key),
        budget_(budget),
        beam_(options.beam),
        width_(options.width),
        steps_(options.steps + options.steps_an_operation * key.operations.size()),
        open_(initial) {
    assert(options.width <= quick_walk_most_width && options.beam <= options.width);
  }

  QuickWalkResult run();

 private:
  bool pass_returns_before(std::uint32_t position);
  bool pass(std::uint32_t slot);
  bool pass_by_steps();
  void expand(const Configuration& c);
  void expand_by_required(const Configuration& c);
  void expand_by_optional(const Configuration& c);
  void arrive(const Configuration& c);
  void step(const Configuration& c, std::uint32_t state, Mask linearized, Mask used, Mask hideable,
            bool needs_follower);
  void keep_the_best();
  int score(const Configuration& c) const;
  bool covers(const Configuration& x, const Configuration& y) const;
  void add_made(Shelf& shelf);

  void observe(Configuration& c) const {
    const QuickOpen::State& state = open_.state(c.state);
    c.linearized |= open_.observers(state);
    c.hideable |= state.of[QuickOpen::writes] & ~c.linearized;
  }

  const KeyOperations& key_;
  Budget& budget_;
  const std::size_t beam_;
  QuickWalkResult result_;
  std::size_t width_;
  const std::uint64_t steps_;
  bool dropped_ = false;

  Mask o_bit_ = 0;  // o: the operation that returns
  std::uint32_t o_ = 0;
  Shelf* now_ = &shelves_[0];
  Shelf* then_ = &shelves_[1];
  QuickOpen open_;
  Shelf shelves_[2];  // not set before they are used
};

// Rule 8. Of equal optional operations those used are always the first ones, so fewer are a subset.
inline bool QuickWalk::covers(const Configuration& x, const Configuration& y) const {
  if (x.state != y.state) return false;
  const Mask observers = open_.observers();
  const Mask more_in_x = x.linearized & ~y.linearized, more_in_y = y.linearized & ~x.linearized;
  return ((x.duties & ~y.duties) | (more_in_x & ~observers) | (more_in_y & (observers | open_.all(QuickOpen::swaps))) |
          ((more_in_y | y.hideable) & ~x.hideable) | (x.used & ~y.used)) == 0;
}

// The configuration that was made behind the last one stays, unless it is covered.
inline void QuickWalk::add_made(Shelf& shelf) {
  ++result_.configurations;
  const Configuration& made = shelf.items[shelf.size];
  for (std::size_t i = 0; i < shelf.size; ++i) {
    if (covers(shelf.items[i], made)) return;
  }
  if (shelf.size == shelf_size) {
    dropped_ = true;
    return;
  }
  ++shelf.size;
}

// Behind the return of o.
inline void QuickWalk::arrive(const Configuration& c) {
  then_->items[then_->size] = {.linearized = c.linearized & ~o_bit_,
                               .hideable = c.hideable & ~o_bit_,
                               .used = c.used,
                               .state = c.state,
                               .duties = 0};
  add_made(*then_);
}

// From c to that state, and what follows every step: rules 2 to 4. `linearized` and `used` are those of c and the one
// that takes the step, `hideable` those that it makes so.
inline void QuickWalk::step(const Configuration& c, std::uint32_t state, Mask linearized, Mask used, Mask hideable,
                            bool needs_follower) {
  const QuickOpen::State& next = open_.state(state);
  const Mask observers = open_.observers(next) & ~linearized;
  std::uint32_t duties = in_block;
  if (needs_follower && observers == 0) {
    if (((next.of[QuickOpen::swaps] & ~linearized) | (next.optional_swaps & ~used)) == 0) return;
    duties |= must_look;
  }
  linearized |= observers;
  hideable = (c.hideable | hideable | next.of[QuickOpen::writes]) & ~linearized;
  if ((linearized & o_bit_) != 0) {
    arrive({.linearized = linearized, .hideable = hideable, .used = used, .state = state, .duties = 0});
  } else {
    now_->items[now_->size] = {
        .linearized = linearized, .hideable = hideable, .used = used, .state = state, .duties = duties};
    add_made(*now_);
  }
}

// The steps of required operations: a cas in its state, and a write when no step must look at the present state. Of
// those only o needs no follower (rule 4).
inline void QuickWalk::expand_by_required(const Configuration& c) {
  const Mask writes = open_.all(QuickOpen::writes);
  Mask left = open_.state(c.state).of[QuickOpen::swaps];
  if ((c.duties & must_look) == 0) left |= writes;
  for (left &= ~c.linearized; left != 0; left &= left - 1) {
    const std::uint32_t slot = first_of(left);
    const bool is_write = (writes & bit_of(slot)) != 0;
    step(c, open_.slot(slot).makes, c.linearized | bit_of(slot), c.used, is_write ? writes : 0, is_write && slot != o_);
  }
}

// The steps of indeterminate operations: of equal ones the first (rule 7).
inline void QuickWalk::expand_by_optional(const Configuration& c) {
  for (Mask left = open_.state(c.state).optional_swaps & ~c.used; left != 0;) {
    const std::uint32_t number = first_of(left);
    step(c, open_.made_by_optional(number), c.linearized, c.used | bit_of(number), 0, true);
    left &= ~open_.equal_to(number);
  }
  if ((c.duties & must_look) != 0) return;
  for (Mask states = open_.optionally_written(); states != 0; states &= states - 1) {
    const std::uint32_t number = first_of(states);
    const Mask left = open_.state(number).optional_writes & ~c.used;
    if (left == 0) continue;
    step(c, number, c.linearized, c.used | (left & -left), open_.all(QuickOpen::writes), true);
  }
}

// Rules 1, 3, 4 and 7: all that may come next, in a block that ends with o.
inline void QuickWalk::expand(const Configuration& c) {
  if (c.duties == 0 && (c.hideable & o_bit_) != 0) arrive(c);
  expand_by_required(c);
  if (open_.any_optional()) expand_by_optional(c);
}

// Low is good: little was used up, little was forced.
int QuickWalk::score(const Configuration& c) const {
  const Mask observers = open_.observers();
  return 3 * std::popcount(c.linearized & ~observers) - 2 * std::popcount(c.linearized & observers) -
         std::popcount(c.hideable) + 4 * std::popcount(c.used);
}

void QuickWalk::keep_the_best() {
  struct Scored {
    int score;
    std::uint32_t item;
    bool operator<(const Scored& other) const { return score != other.score ? score < other.score : item < other.item; }
  };
  dropped_ = true;
  width_ = beam_;
  Scored order[shelf_size];
  for (std::uint32_t i = 0; i < then_->size; ++i) order[i] = {score(then_->items[i]), i};
  if (width_ == 1) {
    then_->items[0] = then_->items[std::min_element(order, order + then_->size)->item];
  } else {
    std::nth_element(order, order + width_, order + then_->size);
    std::sort(order, order + width_, [](const Scored& a, const Scored& b) { return a.item < b.item; });
    for (std::size_t i = 0; i < width_; ++i) then_->items[i] = then_->items[order[i].item];
  }
  then_->size = width_;
}

// The return of the operation in this slot. False: its steps are at an end.
inline bool QuickWalk::pass(std::uint32_t slot) {
  o_ = slot;
  o_bit_ = bit_of(slot);
  if (now_->size == 1) {  // most often there is one, and it need not move
    Configuration& c = now_->items[0];
    observe(c);
    if ((c.linearized & o_bit_) != 0) {
      c.linearized &= ~o_bit_;
      return true;
    }
  }
  return pass_by_steps();
}

// Those that have not linearized o stay where they are, and what comes after them in the block is laid behind them.
bool QuickWalk::pass_by_steps() {
  then_->size = 0;
  std::size_t left = 0;
  for (std::size_t i = 0; i < now_->size; ++i) {
    Configuration& c = now_->items[i];
    observe(c);
    if ((c.linearized & o_bit_) != 0) {
      arrive(c);
    } else {
      if (left != i) now_->items[left] = c;
      ++left;
    }
  }
  now_->size = left;  // none of these covers another, or hardly one
  for (std::size_t i = 0; i < now_->size; ++i) {
    result_.exceeded = budget_.spend(sizeof *this);
    if (result_.configurations >= steps_ || result_.exceeded != Budget::Exceeded::nothing) return false;
    if (dropped_ && then_->size >= width_) break;  // whoever can go on will do; the first took the fewest steps
    expand(now_->items[i]);
  }
  if (then_->size > width_) keep_the_best();
  std::swap(now_, then_);
  return true;
}

// False: the answer is known, or there will be none.
inline bool QuickWalk::pass_returns_before(std::uint32_t position) {
  while (open_.next_return() < position) {
    result_.reached = open_.next_return();
    const std::uint32_t slot = open_.next_slot();
    if (!pass(slot)) return false;
    if (now_->size == 0) {
      if (!dropped_) result_.answer = Answer::not_linearizable;
      return false;
    }
    open_.forget(slot);
  }
  return true;
}

QuickWalkResult QuickWalk::run() {
  now_->size = 1;
  now_->items[0] = {.linearized = 0, .hideable = 0, .used = 0, .state = 0, .duties = 0};
  for (const KeyOperation& operation : key_.operations) {
    if (!pass_returns_before(operation.called)) return result_;
    result_.fits = open_.call(key_, operation);
    if (!result_.fits) return result_;
  }
  if (pass_returns_before(KeyOperation::forever)) result_.answer = Answer::linearizable;
  return result_;
}

constexpr QuickWalkOptions first_walk{.width = 3, .beam = 1};
constexpr QuickWalkOptions second_walk{.width = 24, .beam = 2};

}  // namespace

QuickWalkResult walk_quickly(const KeyOperations& key, Atom initial, Budget& budget, const QuickWalkOptions& options) {
  return QuickWalk(key, initial, budget, options).run();
}

QuickWalkResult walk_quickly(const KeyOperations& key, Atom initial, Budget& budget) {
  const QuickWalkResult first = walk_quickly(key, initial, budget, first_walk);
  if (first.answer != Answer::unknown || !first.fits || first.exceeded != Budget::Exceeded::nothing) return first;
  QuickWalkResult second = walk_quickly(key, initial, budget, second_walk);
  second.configurations += first.configurations;
  return second;
}

}  // namespace ordeal::checker
