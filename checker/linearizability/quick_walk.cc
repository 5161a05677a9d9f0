#include "checker/linearizability/quick_walk.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace ordeal::checker {
namespace {

using Mask = std::uint64_t;
using Kind = KeyOperation::Kind;
using Answer = SearchResult::Answer;

constexpr std::uint32_t most = 64;      // states, open operations, optional ones: bits of a word
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
  Configuration items[shelf_size];
};

// Open operations that ask about a state, and that make it.
struct Row {
  Mask observers, cas, writers, forbidders;
  Mask optional_needers;
};

struct Occupant {
  std::uint32_t needs, makes, forbids;  // none: it does not
  bool writes;
};
constexpr std::uint32_t none = 0xffffffff;

struct Pending {
  std::uint32_t returned;
  std::uint32_t slot;
};

class QuickWalk {
 public:
  QuickWalk(const KeyOperations& key, Budget& budget, const QuickWalkOptions& options)
      : key_(key),
        budget_(budget),
        beam_(options.beam),
        width_(options.width),
        steps_left_(options.steps + options.steps_an_operation * key.operations.size()) {
    assert(options.width <= quick_walk_most_width && options.beam <= options.width);
    std::fill(std::begin(table_), std::end(table_), std::uint8_t{0});
  }

  QuickWalkResult run(Atom initial);

 private:
  bool state_of(Atom atom, std::uint32_t& state);
  bool call(const KeyOperation& operation);
  bool call_optional(std::uint32_t needs, std::uint32_t makes);
  bool pass(std::uint32_t slot);
  void forget(std::uint32_t slot);
  void expand(const Configuration& c);
  void take(const Configuration& c, std::uint32_t slot);
  void take_optional(const Configuration& c, std::uint32_t number);
  void finish(Configuration& child, bool needs_follower);
  void arrive(Configuration c);
  void enter_block(const Configuration& c);
  void keep_the_best();
  int score(const Configuration& c) const;
  bool covers(const Configuration& x, const Configuration& y) const;
  bool add(Shelf& shelf, const Configuration& c);

  void observe(Configuration& c) const {
    const Row& row = rows_[c.state];
    c.linearized |= row.observers | (forbidders_ & ~row.forbidders);
    c.hideable |= row.writers & ~c.linearized;
  }
  bool worth_making(std::uint32_t state, const Configuration& c) const {
    const Row& row = rows_[state];
    return ((row.observers | row.cas | (forbidders_ & ~row.forbidders)) & ~c.linearized) != 0 ||
           (row.optional_needers & ~c.used) != 0;
  }

  const KeyOperations& key_;
  Budget& budget_;
  const std::size_t beam_;
  QuickWalkResult result_;
  std::size_t width_;
  std::uint64_t steps_left_;
  bool dropped_ = false;

  Mask open_ = 0, writes_ = 0, observers_ = 0, cas_ = 0, forbidders_ = 0;
  Mask o_bit_ = 0;
  std::uint32_t o_ = 0;
  std::uint32_t states_ = 0, pending_count_ = 0, optional_count_ = 0;
  Mask optional_writes_ = 0;

  Shelf* now_ = &shelves_[0];
  Shelf* then_ = &shelves_[1];
  std::uint8_t table_[2 * most];  // states by the hash of their atoms, plus 1; 0: free
  // From here on nothing is set before it is used.
  Atom atoms_[most];
  Row rows_[most];
  Pending pending_[most];  // the latest return first
  Occupant occupants_[most];
  std::uint32_t optional_needs_[most], optional_makes_[most];
  Mask equal_to_[most];  // of an optional operation: all equal ones, as far as they were called
  Shelf shelves_[2];
  Shelf block_;
};

// The number of the state. False: there are too many.
bool QuickWalk::state_of(Atom atom, std::uint32_t& state) {
  if (atom.is_absent()) {
    state = none;
    return true;
  }
  std::size_t at = AtomHash()(atom) % (2 * most);
  for (; table_[at] != 0; at = (at + 1) % (2 * most)) {
    state = table_[at] - 1U;
    if (atoms_[state] == atom) return true;
  }
  if (states_ == most) return false;
  state = states_++;
  table_[at] = static_cast<std::uint8_t>(states_);
  atoms_[state] = atom;
  rows_[state] = {};
  return true;
}

// Equal ones are used in the order of their calls (rule 7), so it is the lowest unused bit of `equal_to_` that is next.
bool QuickWalk::call_optional(std::uint32_t needs, std::uint32_t makes) {
  if (optional_count_ == most) return false;
  const std::uint32_t number = optional_count_++;
  Mask equal = bit_of(number);
  for (std::uint32_t i = 0; i < number; ++i) {
    if (optional_needs_[i] == needs && optional_makes_[i] == makes) {
      equal |= equal_to_[i];
      break;
    }
  }
  optional_needs_[number] = needs;
  optional_makes_[number] = makes;
  for (Mask left = equal; left != 0; left &= left - 1) equal_to_[first_of(left)] = equal;
  if (needs == none) {
    optional_writes_ |= bit_of(number);
  } else {
    rows_[needs].optional_needers |= bit_of(number);
  }
  return true;
}

// False: it does not fit.
bool QuickWalk::call(const KeyOperation& operation) {
  Occupant occupant{.needs = none, .makes = none, .forbids = none, .writes = false};
  switch (operation.kind) {
    case Kind::nothing:
      return true;
    case Kind::needs:
      if (!state_of(operation.value, occupant.needs)) return false;
      break;
    case Kind::makes:
      if (!state_of(operation.value, occupant.makes)) return false;
      occupant.writes = true;
      break;
    case Kind::forbids:
      if (!state_of(operation.value, occupant.forbids)) return false;
      break;
    case Kind::cas:
      if (!state_of(operation.value, occupant.needs)) return false;
      if (!state_of(key_.seconds[operation.more], occupant.makes)) return false;
      if (occupant.makes == occupant.needs) occupant.makes = none;  // it only looks
      break;
    default:
      return false;
  }
  if (operation.returned == KeyOperation::forever) {
    return occupant.makes == none || call_optional(occupant.needs, occupant.makes);
  }
  if (pending_count_ == most) return false;
  const auto slot = static_cast<std::uint32_t>(std::countr_one(open_));
  const Mask bit = bit_of(slot);
  open_ |= bit;
  occupants_[slot] = occupant;
  std::uint32_t at = pending_count_++;
  for (; at > 0 && pending_[at - 1].returned < operation.returned; --at) pending_[at] = pending_[at - 1];
  pending_[at] = {.returned = operation.returned, .slot = slot};
  if (occupant.makes == none) {
    observers_ |= bit;
    if (occupant.needs != none) {
      rows_[occupant.needs].observers |= bit;
    } else {
      forbidders_ |= bit;
      rows_[occupant.forbids].forbidders |= bit;
    }
  } else if (occupant.writes) {
    writes_ |= bit;
    rows_[occupant.makes].writers |= bit;
  } else {
    cas_ |= bit;
    rows_[occupant.needs].cas |= bit;
  }
  return true;
}

void QuickWalk::forget(std::uint32_t slot) {
  const Mask others = ~bit_of(slot);
  const Occupant& occupant = occupants_[slot];
  open_ &= others;
  if (occupant.makes == none) {
    observers_ &= others;
    if (occupant.needs != none) {
      rows_[occupant.needs].observers &= others;
    } else {
      forbidders_ &= others;
      rows_[occupant.forbids].forbidders &= others;
    }
  } else if (occupant.writes) {
    writes_ &= others;
    rows_[occupant.makes].writers &= others;
  } else {
    cas_ &= others;
    rows_[occupant.needs].cas &= others;
  }
}

// Rule 8. Of equal optional operations those used are always the first ones, so fewer are a subset.
bool QuickWalk::covers(const Configuration& x, const Configuration& y) const {
  const Mask more_in_x = x.linearized & ~y.linearized, more_in_y = y.linearized & ~x.linearized;
  return x.state == y.state && ((x.duties & ~y.duties) | (more_in_x & ~observers_) | (more_in_y & (observers_ | cas_)) |
                                ((more_in_y | y.hideable) & ~x.hideable) | (x.used & ~y.used)) == 0;
}

bool QuickWalk::add(Shelf& shelf, const Configuration& c) {
  if (steps_left_ > 0) --steps_left_;
  for (std::size_t i = 0; i < shelf.size; ++i) {
    if (covers(shelf.items[i], c)) return false;
  }
  if (shelf.size == shelf_size) {
    dropped_ = true;
    return false;
  }
  shelf.items[shelf.size++] = c;
  ++result_.configurations;
  return true;
}

void QuickWalk::arrive(Configuration c) {
  c.linearized &= ~o_bit_;
  c.hideable &= ~o_bit_;
  c.duties = 0;
  add(*then_, c);
}

void QuickWalk::enter_block(const Configuration& c) {
  add(block_, c);
}

// What follows every step: rules 2 to 4.
void QuickWalk::finish(Configuration& child, bool needs_follower) {
  const Mask had = child.linearized;
  observe(child);
  if (needs_follower && child.linearized == had) {
    const Row& row = rows_[child.state];
    if ((row.cas & ~child.linearized) == 0 && (row.optional_needers & ~child.used) == 0) return;
    child.duties |= must_look;
  }
  if ((child.linearized & o_bit_) != 0) {
    arrive(child);
  } else {
    enter_block(child);
  }
}

void QuickWalk::take(const Configuration& c, std::uint32_t slot) {
  const Occupant& occupant = occupants_[slot];
  const bool needs_follower = occupant.writes && slot != o_;
  if (needs_follower && !worth_making(occupant.makes, c)) return;
  Configuration child = c;
  child.state = occupant.makes;
  child.duties = in_block;
  child.linearized |= bit_of(slot);
  if (occupant.writes) child.hideable |= writes_;
  child.hideable &= ~child.linearized;
  finish(child, needs_follower);
}

void QuickWalk::take_optional(const Configuration& c, std::uint32_t number) {
  const std::uint32_t makes = optional_makes_[number];
  if (!worth_making(makes, c)) return;
  Configuration child = c;
  child.state = makes;
  child.duties = in_block;
  child.used |= bit_of(number);
  if (optional_needs_[number] == none) child.hideable |= writes_ & ~child.linearized;
  finish(child, true);
}

// Rules 1, 3, 4 and 7: all that may come next, in a block that ends with o.
void QuickWalk::expand(const Configuration& c) {
  if (c.duties == 0 && (c.hideable & o_bit_) != 0) arrive(c);
  const Row& row = rows_[c.state];
  const bool free = (c.duties & must_look) == 0;
  for (Mask left = ((free ? writes_ : 0) | row.cas) & ~c.linearized; left != 0; left &= left - 1) {
    take(c, first_of(left));
  }
  for (Mask left = (row.optional_needers | (free ? optional_writes_ : 0)) & ~c.used; left != 0;) {
    const std::uint32_t number = first_of(left);
    take_optional(c, number);
    left &= ~equal_to_[number];
  }
}

// Low is good: little was used up, little was forced.
int QuickWalk::score(const Configuration& c) const {
  return 3 * std::popcount(c.linearized & ~observers_) - 2 * std::popcount(c.linearized & observers_) -
         std::popcount(c.hideable) + 4 * std::popcount(c.used);
}

void QuickWalk::keep_the_best() {
  dropped_ = true;
  width_ = beam_;
  std::pair<int, std::size_t> order[shelf_size];
  for (std::size_t i = 0; i < then_->size; ++i) order[i] = {score(then_->items[i]), i};
  if (width_ == 1) {
    then_->items[0] = then_->items[std::min_element(order, order + then_->size)->second];
  } else {
    std::nth_element(order, order + width_, order + then_->size);
    std::sort(order, order + width_, [](const auto& a, const auto& b) { return a.second < b.second; });
    for (std::size_t i = 0; i < width_; ++i) then_->items[i] = then_->items[order[i].second];
  }
  then_->size = width_;
}

// The return of the operation in this slot. False: its steps are at an end.
bool QuickWalk::pass(std::uint32_t slot) {
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
  then_->size = 0;
  block_.size = 0;
  for (std::size_t i = 0; i < now_->size; ++i) {
    Configuration& c = now_->items[i];
    observe(c);
    if ((c.linearized & o_bit_) != 0) {
      arrive(c);
    } else {
      block_.items[block_.size++] = c;  // none of these covers another, or hardly one
    }
  }
  for (std::size_t i = 0; i < block_.size; ++i) {
    result_.exceeded = budget_.spend(sizeof *this);
    if (steps_left_ == 0 || result_.exceeded != Budget::Exceeded::nothing) return false;
    if (dropped_ && then_->size >= width_) break;  // whoever can go on will do; the first took the fewest steps
    const Configuration c = block_.items[i];
    expand(c);
  }
  if (then_->size > width_) keep_the_best();
  std::swap(now_, then_);
  return true;
}

QuickWalkResult QuickWalk::run(Atom initial) {
  std::uint32_t first = 0;
  state_of(initial, first);
  now_->size = 1;
  now_->items[0] = {.linearized = 0, .hideable = 0, .used = 0, .state = first, .duties = 0};
  const KeyOperation* next = key_.operations.data();
  const KeyOperation* const end = next + key_.operations.size();
  while (next != end || pending_count_ > 0) {
    if (next != end && (pending_count_ == 0 || next->called < pending_[pending_count_ - 1].returned)) {
      result_.fits = call(*next++);
      if (!result_.fits) return result_;
      continue;
    }
    const Pending returning = pending_[--pending_count_];
    result_.reached = returning.returned;
    if (!pass(returning.slot)) return result_;
    if (now_->size == 0) {
      if (!dropped_) result_.answer = Answer::not_linearizable;
      return result_;
    }
    forget(returning.slot);
  }
  result_.answer = Answer::linearizable;
  return result_;
}

constexpr QuickWalkOptions first_walk{.width = 3, .beam = 1};
constexpr QuickWalkOptions second_walk{.width = 24, .beam = 2};

}  // namespace

QuickWalkResult walk_quickly(const KeyOperations& key, Atom initial, Budget& budget, const QuickWalkOptions& options) {
  return QuickWalk(key, budget, options).run(initial);
}

QuickWalkResult walk_quickly(const KeyOperations& key, Atom initial, Budget& budget) {
  const QuickWalkResult first = walk_quickly(key, initial, budget, first_walk);
  if (first.answer != Answer::unknown || !first.fits || first.exceeded != Budget::Exceeded::nothing) return first;
  QuickWalkResult second = walk_quickly(key, initial, budget, second_walk);
  second.configurations += first.configurations;
  return second;
}

}  // namespace ordeal::checker
