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

#include "checker/linearizability/frontier.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ordeal::checker {
namespace {

using Mask = std::uint64_t;

constexpr std::uint32_t must_look = 1;  // the next step must look at the present state
constexpr std::uint32_t in_block = 2;   // a step was taken since the last return, so o must be linearized in the open
constexpr std::size_t most_in_block = 4096;  // with go_back
constexpr std::size_t most_met = 256;        // with go_back: so many are looked at, the last first
constexpr std::size_t few = 16;              // so many are compared one by one
constexpr std::size_t most_compared = 64;    // among many: equal ones are found all the same, of the others most

template <std::size_t Words>
class Walk {
 public:
  using Configuration = FrontierConfiguration<Words>;

  Walk(Outline& outline, FrontierMemory::Shelves<Words>& shelves, Budget& budget, const FrontierOptions& options)
      : outline_(outline), shelves_(shelves), budget_(budget), options_(options) {}

  FrontierResult run();

 private:
  using Row = Outline::Row;
  using Class = Outline::Class;
  struct Pending {
    std::uint32_t returned;
    std::uint32_t slot;
  };

  const Row& row(StateId state) const { return outline_.rows[state]; }
  bool call(const Outline::Step& step);
  void uncall(const Outline::Step& step, std::uint32_t slot);
  void place(const Outline::Step& step, std::uint32_t slot);
  void forget(std::uint32_t slot);
  void lay_aside();
  bool go_back();
  bool was_there(const Configuration& c);
  bool pass(std::uint32_t slot);
  bool passes(const Configuration& c) const {  // without a choice
    return (c.linearized & o_bit_) != 0 || ((c.hideable & o_bit_) != 0 && !may_be_looked_at(occupant_[o_]->makes, c));
  }
  void arrive(Configuration c);
  void enter_block(const Configuration& c);
  void expand(const Configuration& c);
  void take(const Configuration& c, std::uint32_t slot);
  void take_optional(const Configuration& c, std::uint32_t number);
  void finish(Configuration& child, StateId before, bool needs_follower);
  void observe(Configuration& c) const;
  void keep_the_best(Shelf<Words>& shelf);
  void merge(Shelf<Words>& shelf, std::size_t first);
  void merge(Shelf<Words>& shelf, std::size_t first, bool only_counts);
  void join(Configuration& into, const Configuration& other) const;
  int score(const Configuration& c) const;

  bool covers(const Configuration& x, const Configuration& y) const;
  bool add(Shelf<Words>& shelf, const Configuration& c);
  std::size_t bucket(const Shelf<Words>& shelf, const Configuration& c) const;
  std::size_t hash(const Configuration& c) const;
  bool is_there(const Shelf<Words>& shelf, const Configuration& c) const;
  void link(Shelf<Words>& shelf, std::uint32_t item);

  std::uint64_t used(const Configuration& c, const Class& k) const {
    if constexpr (Words == 0) {
      return 0;
    } else {
      return c.used[k.word] >> k.shift & k.mask;
    }
  }
  bool optional_maker_left(StateId state, const Configuration& c) const;
  bool optional_needer_left(StateId state, const Configuration& c, bool called) const;
  bool someone_needs(StateId state, const Configuration& c) const {
    const Row& r = row(state);
    return r.future_needs > 0 || ((r.observers | r.cas) & ~c.linearized) != 0;
  }
  bool dead(StateId state, const Configuration& c) {
    if (!options_.look_ahead || !someone_needs(state, c)) return false;
    const Row& r = row(state);
    const bool dead = r.future_makes == 0 && (r.makers & ~c.linearized) == 0 && !optional_maker_left(state, c);
    result_.foresaw = result_.foresaw || dead;
    return dead;
  }
  bool may_be_looked_at(StateId state, const Configuration& c) const {
    return outline_.last_forbidding_return > now_ || someone_needs(state, c) || optional_needer_left(state, c, false);
  }
  bool worth_making(StateId state, const Configuration& c) const {
    const Row& r = row(state);
    return ((r.observers | r.cas | (forbidders_ & ~r.forbidders)) & ~c.linearized) != 0 ||
           optional_needer_left(state, c, true);
  }

  // Of `go_back`: what happened, so that it can be undone; who waits, and who was ever behind each return.
  struct Happened {
    const Outline::Step* step;
    std::uint32_t slot;
    bool returned;
  };
  struct Waiting {
    Configuration c;
    std::size_t happened;  // by then
  };
  struct Met {
    Configuration c;
    std::uint32_t next;
  };

  Outline& outline_;
  FrontierMemory::Shelves<Words>& shelves_;
  Budget& budget_;
  FrontierOptions options_;
  FrontierResult result_;

  Mask open_ = 0, writes_ = 0, cas_ = 0, observers_ = 0, forbidders_ = 0;  // open required operations, by kind
  std::uint32_t now_ = 0;                                                  // the position of the present return
  std::uint32_t o_ = 0;                                                    // the slot of the one that returns
  Mask o_bit_ = 0;
  Pending pending_[64];  // the latest return first
  std::uint32_t pending_count_ = 0;
  const Outline::Step* occupant_[64];

  std::size_t next_step_ = 0;
  std::uint32_t returns_ = 0, most_returns_ = 0;
  std::uint64_t steps_ = 0, steps_at_most_returns_ = 0;
  std::vector<Happened> happened_;
  std::vector<Waiting> waiting_;
  std::vector<std::pair<int, std::uint32_t>> order_;
  std::vector<Met> met_;
  std::vector<std::uint32_t> last_met_;  // of each return
};

template <std::size_t Words>
bool Walk<Words>::optional_maker_left(StateId state, const Configuration& c) const {
  if constexpr (Words > 0) {
    for (std::uint32_t i = row(state).first_maker; i != Outline::none; i = outline_.classes[i].next_maker) {
      if (options_.unlimited || used(c, outline_.classes[i]) < outline_.classes[i].total) return true;
    }
  }
  return false;
}

template <std::size_t Words>
bool Walk<Words>::optional_needer_left(StateId state, const Configuration& c, bool called) const {
  if constexpr (Words > 0) {
    for (std::uint32_t i = row(state).first_needer; i != Outline::none; i = outline_.classes[i].next_needer) {
      const Class& k = outline_.classes[i];
      const std::uint32_t have = called ? k.called : k.total;
      if (options_.unlimited ? have > 0 : used(c, k) < have) return true;
    }
  }
  return false;
}

// Rule 8. A field of y plus its free bit, minus that of x, keeps the free bit exactly when x's field is not larger.
template <std::size_t Words>
bool Walk<Words>::covers(const Configuration& x, const Configuration& y) const {
  if (x.state != y.state || (x.duties & ~y.duties) != 0) return false;
  const Mask more_in_x = x.linearized & ~y.linearized, more_in_y = y.linearized & ~x.linearized;
  if ((more_in_x & ~observers_) != 0 || (more_in_y & (observers_ | cas_)) != 0) return false;
  if (((more_in_y | y.hideable) & ~x.hideable) != 0) return false;
  if constexpr (Words > 0) {
    for (std::size_t i = 0; i < outline_.words; ++i) {
      if ((((y.used[i] | outline_.guards[i]) - x.used[i]) & outline_.guards[i]) != outline_.guards[i]) return false;
    }
  }
  return true;
}

// Covering ones agree in this.
template <std::size_t Words>
std::size_t Walk<Words>::bucket(const Shelf<Words>& shelf, const Configuration& c) const {
  const std::uint64_t mixed = ((c.linearized & cas_) ^ std::uint64_t{c.state} << 40) * 0x9e3779b97f4a7c15ULL;
  return static_cast<std::size_t>(mixed >> 20) & (shelf.heads.size() - 1);
}

template <std::size_t Words>
void Walk<Words>::link(Shelf<Words>& shelf, std::uint32_t item) {
  std::uint32_t& head = shelf.heads[bucket(shelf, shelf.items[item])];
  shelf.next.push_back(head);
  head = item;
  const std::size_t mask = shelf.twins.size() - 1;
  std::size_t at = hash(shelf.items[item]) & mask;
  while (shelf.twins[at] != Outline::none) at = (at + 1) & mask;
  shelf.twins[at] = item;
}

template <std::size_t Words>
std::size_t Walk<Words>::hash(const Configuration& c) const {
  const auto mix = [](std::uint64_t h, std::uint64_t word) { return (h ^ (h >> 29) ^ word) * 0x9e3779b97f4a7c15ULL; };
  std::uint64_t h = mix(mix(std::uint64_t{c.state} << 2 | c.duties, c.linearized), c.hideable);
  if constexpr (Words > 0) {
    for (std::size_t i = 0; i < outline_.words; ++i) h = mix(h, c.used[i]);
  }
  return static_cast<std::size_t>(h >> 24);
}

template <std::size_t Words>
bool Walk<Words>::is_there(const Shelf<Words>& shelf, const Configuration& c) const {
  const std::size_t mask = shelf.twins.size() - 1;
  for (std::size_t at = hash(c) & mask; shelf.twins[at] != Outline::none; at = (at + 1) & mask) {
    const Configuration& twin = shelf.items[shelf.twins[at]];
    if (twin.state == c.state && twin.duties == c.duties && twin.linearized == c.linearized &&
        twin.hideable == c.hideable && twin.used == c.used) {
      return true;
    }
  }
  return false;
}

// Puts it on the shelf unless one that is there covers it.
template <std::size_t Words>
bool Walk<Words>::add(Shelf<Words>& shelf, const Configuration& c) {
  const std::size_t size = shelf.size;
  if (size <= few) {
    for (std::size_t i = 0; i < size; ++i) {
      if (covers(shelf.items[i], c)) return false;
    }
    shelf.append(c);
    return true;
  }
  if (shelf.next.size() != size || shelf.heads.size() < 2 * size) {
    shelf.heads.assign(std::bit_ceil(4 * size), Outline::none);
    shelf.twins.assign(shelf.heads.size(), Outline::none);
    shelf.next.clear();
    for (std::uint32_t i = 0; i < size; ++i) link(shelf, i);
  }
  std::size_t left = most_compared;
  for (std::uint32_t i = shelf.heads[bucket(shelf, c)]; i != Outline::none && left > 0; i = shelf.next[i], --left) {
    if (covers(shelf.items[i], c)) return false;
  }
  if (left == 0 && is_there(shelf, c)) return false;
  shelf.append(c);
  link(shelf, static_cast<std::uint32_t>(size));
  return true;
}

// Low is good: little was used up, little was forced.
template <std::size_t Words>
int Walk<Words>::score(const Configuration& c) const {
  int score = 3 * std::popcount(c.linearized & ~observers_) - 2 * std::popcount(c.linearized & observers_) -
              std::popcount(c.hideable);
  if constexpr (Words > 0) {
    for (const Class& k : outline_.classes) score += 4 * static_cast<int>(used(c, k));
  }
  return score;
}

template <std::size_t Words>
void Walk<Words>::keep_the_best(Shelf<Words>& shelf) {
  result_.dropped = true;
  std::vector<std::pair<int, std::uint32_t>> order;
  order.reserve(shelf.size);
  for (std::uint32_t i = 0; i < shelf.size; ++i) order.emplace_back(score(shelf.items[i]), i);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(options_.width);
  std::nth_element(order.begin(), middle, order.end());
  std::sort(order.begin(), middle, [](const auto& a, const auto& b) { return a.second < b.second; });
  for (std::size_t i = 0; i < options_.width; ++i) shelf.items[i] = shelf.items[order[i].second];
  shelf.size = options_.width;
  shelf.next.clear();
}

// Rule 10: whether one that covers it was behind this return before; else it is there now.
template <std::size_t Words>
bool Walk<Words>::was_there(const Configuration& c) {
  if (last_met_.size() <= returns_) last_met_.resize(returns_ + 1, Outline::none);
  std::size_t left = most_met;
  for (std::uint32_t i = last_met_[returns_]; i != Outline::none && left > 0; i = met_[i].next, --left) {
    if (covers(met_[i].c, c)) return true;
  }
  met_.push_back({.c = c, .next = last_met_[returns_]});
  last_met_[returns_] = static_cast<std::uint32_t>(met_.size() - 1);
  return false;
}

// All but the best, the better ones on top. The return that they are behind is about to be forgotten.
template <std::size_t Words>
void Walk<Words>::lay_aside() {
  Shelf<Words>& shelf = shelves_.then;
  std::vector<std::pair<int, std::uint32_t>>& order = order_;
  order.clear();
  for (std::uint32_t i = 0; i < shelf.size; ++i) order.emplace_back(score(shelf.items[i]), i);
  std::sort(order.begin(), order.end());
  for (std::size_t i = shelf.size; i-- > options_.width;) {
    waiting_.push_back({.c = shelf.items[order[i].second], .happened = happened_.size() + 1});
  }
  shelves_.block.clear();
  for (std::size_t i = 0; i < options_.width; ++i) shelves_.block.append(shelf.items[order[i].second]);
  shelf.clear();
  for (std::size_t i = 0; i < options_.width; ++i) shelf.append(shelves_.block.items[i]);
}

// To the last one that waits. False: nobody does.
template <std::size_t Words>
bool Walk<Words>::go_back() {
  if (waiting_.empty()) return false;
  const Waiting waiting = waiting_.back();
  waiting_.pop_back();
  for (; happened_.size() > waiting.happened; happened_.pop_back()) {
    const Happened& last = happened_.back();
    if (last.returned) {
      place(*last.step, last.slot);
      pending_[pending_count_++] = {last.step->returned, last.slot};
      --returns_;
    } else {
      uncall(*last.step, last.slot);
      --next_step_;
    }
  }
  shelves_.now.clear();
  shelves_.now.append(waiting.c);
  return true;
}

// The least configuration that covers both, in the sense of rule 8; they agree in the state and the cas done.
template <std::size_t Words>
void Walk<Words>::join(Configuration& into, const Configuration& other) const {
  const Mask either = into.linearized | other.linearized, both = into.linearized & other.linearized;
  into.duties &= other.duties;
  into.linearized = (either & observers_) | (both & ~observers_);
  into.hideable = (into.hideable | other.hideable | (either & writes_)) & ~into.linearized;
  if constexpr (Words > 0) {
    for (const Class& k : outline_.classes) {
      const std::uint64_t mine = used(into, k), its = used(other, k);
      if (its < mine) into.used[k.word] -= (mine - its) << k.shift;
    }
  }
}

// Joins those that agree in all but the counts, or in the state and the cas done.
template <std::size_t Words>
void Walk<Words>::merge(Shelf<Words>& shelf, std::size_t first, bool only_counts) {
  const auto key = [&](const Configuration& c) {
    return only_counts ? std::tuple(c.state, c.linearized, c.hideable, c.duties)
                       : std::tuple(c.state, c.linearized & cas_, std::uint64_t{0}, 0U);
  };
  const auto at = [&](std::size_t i) { return shelf.items.begin() + static_cast<std::ptrdiff_t>(i); };
  std::sort(at(first), at(shelf.size), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  std::size_t kept = first;
  for (std::size_t i = first + 1; i < shelf.size; ++i) {
    if (key(shelf.items[i]) == key(shelf.items[kept])) {
      join(shelf.items[kept], shelf.items[i]);
    } else {
      shelf.items[++kept] = shelf.items[i];
    }
  }
  shelf.size = kept + 1;
  shelf.next.clear();
}

// Rule 9, for those from `first` on, when they are too many.
template <std::size_t Words>
void Walk<Words>::merge(Shelf<Words>& shelf, std::size_t first) {
  if (shelf.size - first <= options_.width) return;
  result_.merged = true;
  if (Words > 0) merge(shelf, first, true);
  if (shelf.size - first > options_.width) merge(shelf, first, false);
}

// Rules 2 and 3 in the present state.
template <std::size_t Words>
void Walk<Words>::observe(Configuration& c) const {
  const Row& r = row(c.state);
  c.linearized |= r.observers | (forbidders_ & ~r.forbidders);
  c.hideable |= r.writers & ~c.linearized;
}

// o is linearized: on to the next return, in a slot that is free again.
template <std::size_t Words>
void Walk<Words>::arrive(Configuration c) {
  c.linearized &= ~o_bit_;
  c.hideable &= ~o_bit_;
  c.duties = 0;
  if (options_.go_back && was_there(c)) return;
  if (add(shelves_.then, c)) ++result_.configurations;
}

// o is not linearized.
template <std::size_t Words>
void Walk<Words>::enter_block(const Configuration& c) {
  if (shelves_.block.size >= (options_.go_back ? most_in_block : (options_.merge ? 64 : 16) * options_.width)) {
    result_.dropped = true;
  } else if (add(shelves_.block, c)) {
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
    if ((row(child.state).cas & ~child.linearized) == 0 && !optional_needer_left(child.state, child, true)) return;
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
  const Outline::Step& step = *occupant_[slot];
  const bool overwrites = step.kind == Outline::Kind::write;
  const bool needs_follower = overwrites && slot != o_;
  if (needs_follower && !worth_making(step.makes, c)) return;
  Configuration child = c;
  child.state = step.makes;
  child.duties = in_block;
  child.linearized |= Mask{1} << slot;
  if (overwrites) child.hideable |= writes_ & ~child.linearized;
  child.hideable &= ~child.linearized;
  finish(child, c.state, needs_follower);
}

template <std::size_t Words>
void Walk<Words>::take_optional(const Configuration& c, std::uint32_t number) {
  if constexpr (Words > 0) {
    const Class& k = outline_.classes[number];
    if (options_.unlimited ? k.called == 0 : used(c, k) >= k.called) return;
    if (!worth_making(k.makes, c)) return;
    Configuration child = c;
    child.state = k.makes;
    child.duties = in_block;
    if (!options_.unlimited) child.used[k.word] += std::uint64_t{1} << k.shift;
    if (k.needs == no_state) child.hideable |= writes_ & ~child.linearized;
    finish(child, c.state, true);
  }
}

template <std::size_t Words>
void Walk<Words>::expand(const Configuration& c) {
  if (c.duties == 0 && (c.hideable & o_bit_) != 0) {
    Configuration child = c;
    child.linearized |= o_bit_;
    const StateId made = occupant_[o_]->makes;
    if (made == c.state || !dead(made, child)) arrive(child);
  }
  const Row& r = row(c.state);
  const bool free = (c.duties & must_look) == 0;
  for (Mask left = ((free ? writes_ : 0) | r.cas) & ~c.linearized; left != 0; left &= left - 1) {
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

// False: more are open than there are slots.
template <std::size_t Words>
bool Walk<Words>::call(const Outline::Step& step) {
  if (step.kind == Outline::Kind::optional) {
    ++outline_.classes[step.optional_class].called;
    if (options_.go_back) happened_.push_back({.step = &step, .slot = 0, .returned = false});
    return true;
  }
  if (pending_count_ == 64) return false;
  const auto slot = static_cast<std::uint32_t>(std::countr_one(open_));
  if (options_.go_back) happened_.push_back({.step = &step, .slot = slot, .returned = false});
  std::uint32_t at = pending_count_++;
  for (; at > 0 && pending_[at - 1].returned < step.returned; --at) pending_[at] = pending_[at - 1];
  pending_[at] = {step.returned, slot};
  if (step.needs != no_state) --outline_.rows[step.needs].future_needs;
  if (step.kind != Outline::Kind::observer) --outline_.rows[step.makes].future_makes;
  place(step, slot);
  return true;
}

// Into its slot, where everybody sees it.
template <std::size_t Words>
void Walk<Words>::place(const Outline::Step& step, std::uint32_t slot) {
  const Mask bit = Mask{1} << slot;
  open_ |= bit;
  occupant_[slot] = &step;
  if (step.kind == Outline::Kind::observer) {
    observers_ |= bit;
    if (step.needs != no_state) {
      outline_.rows[step.needs].observers |= bit;
    } else {
      forbidders_ |= bit;
      if (step.forbids != no_state) outline_.rows[step.forbids].forbidders |= bit;
    }
    return;
  }
  Row& made = outline_.rows[step.makes];
  made.makers |= bit;
  if (step.kind == Outline::Kind::write) {
    made.writers |= bit;
    writes_ |= bit;
  } else {
    cas_ |= bit;
    outline_.rows[step.needs].cas |= bit;
  }
}

// As if it had not been called yet.
template <std::size_t Words>
void Walk<Words>::uncall(const Outline::Step& step, std::uint32_t slot) {
  if (step.kind == Outline::Kind::optional) {
    --outline_.classes[step.optional_class].called;
    return;
  }
  forget(slot);
  if (step.needs != no_state) ++outline_.rows[step.needs].future_needs;
  if (step.kind != Outline::Kind::observer) ++outline_.rows[step.makes].future_makes;
  std::uint32_t at = 0;
  while (pending_[at].slot != slot) ++at;
  for (--pending_count_; at < pending_count_; ++at) pending_[at] = pending_[at + 1];
}

template <std::size_t Words>
void Walk<Words>::forget(std::uint32_t slot) {
  const Mask others = ~(Mask{1} << slot);
  const Outline::Step& step = *occupant_[slot];
  open_ &= others;
  writes_ &= others;
  cas_ &= others;
  observers_ &= others;
  forbidders_ &= others;
  if (step.needs != no_state) {
    outline_.rows[step.needs].observers &= others;
    outline_.rows[step.needs].cas &= others;
  }
  if (step.forbids != no_state) outline_.rows[step.forbids].forbidders &= others;
  if (step.makes != no_state) {
    outline_.rows[step.makes].writers &= others;
    outline_.rows[step.makes].makers &= others;
  }
}

// The return of the operation in this slot. False: that was the end, as result_ says.
template <std::size_t Words>
bool Walk<Words>::pass(std::uint32_t slot) {
  o_ = slot;
  o_bit_ = Mask{1} << slot;
  if (shelves_.now.size == 1) {  // most often there is one, and it need not move
    Configuration& c = shelves_.now.items[0];
    observe(c);
    if (passes(c)) {
      c.linearized &= ~o_bit_;
      c.hideable &= ~o_bit_;
      return true;
    }
  }
  shelves_.then.clear();
  shelves_.block.clear();
  for (std::size_t i = 0; i < shelves_.now.size; ++i) {
    Configuration& c = shelves_.now.items[i];
    observe(c);
    if (passes(c)) {
      arrive(c);
    } else {
      enter_block(c);
    }
  }
  for (std::size_t i = 0; i < shelves_.block.size; ++i) {
    if (i % 64 == 0) {
      result_.bytes = outline_.bytes() + shelves_.now.bytes() + 3 * (shelves_.then.bytes() + shelves_.block.bytes()) +
                      happened_.capacity() * sizeof(Happened) + 3 * waiting_.capacity() * sizeof(Waiting) +
                      3 * met_.capacity() * sizeof(Met) + 4 * last_met_.capacity();
    }
    result_.exceeded = budget_.spend(result_.bytes);
    if (result_.exceeded != Budget::Exceeded::nothing) {
      result_.end = FrontierResult::End::exceeded;
      return false;
    }
    ++steps_;
    if ((options_.steps_a_return > 0 && steps_ > options_.steps_at_first + options_.steps_a_return * most_returns_) ||
        (options_.steps_in_vain > 0 && steps_ > steps_at_most_returns_ + options_.steps_in_vain)) {
      result_.end = FrontierResult::End::too_wide;
      return false;
    }
    const Configuration c = shelves_.block.items[i];
    expand(c);
    if (options_.merge) merge(shelves_.block, i + 1);
  }
  if (options_.merge) {
    merge(shelves_.then, 0);
  } else if (shelves_.then.size > options_.width) {
    if (options_.go_back) {
      lay_aside();
    } else {
      keep_the_best(shelves_.then);
    }
  }
  if (result_.dropped && !options_.may_drop) {
    result_.end = FrontierResult::End::too_wide;
    return false;
  }
  std::swap(shelves_.now, shelves_.then);
  return true;
}

template <std::size_t Words>
FrontierResult Walk<Words>::run() {
  outline_.rewind();
  shelves_.now.clear();
  shelves_.now.append({.state = outline_.initial});
  result_.configurations = 1;
  while (next_step_ < outline_.steps.size() || pending_count_ > 0) {
    if (next_step_ < outline_.steps.size() &&
        (pending_count_ == 0 || outline_.steps[next_step_].called < pending_[pending_count_ - 1].returned)) {
      if (!call(outline_.steps[next_step_++])) {
        result_.end = FrontierResult::End::too_many_open;
        return result_;
      }
      continue;
    }
    const Pending returning = pending_[--pending_count_];
    now_ = returning.returned;
    result_.reached = std::max(result_.reached, now_);
    if (!pass(returning.slot)) return result_;
    forget(returning.slot);
    ++returns_;
    if (options_.go_back) {
      happened_.push_back({.step = occupant_[returning.slot], .slot = returning.slot, .returned = true});
    }
    if (returns_ > most_returns_) {
      most_returns_ = returns_;
      steps_at_most_returns_ = steps_;
    }
    if (shelves_.now.size == 0 && !go_back()) {
      result_.end = FrontierResult::End::empty;
      return result_;
    }
  }
  result_.end = FrontierResult::End::reached_the_end;
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
