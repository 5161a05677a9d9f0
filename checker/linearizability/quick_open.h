// What is open where a quick walk stands: required operations in slots, indeterminate ones by their numbers, and both
// by the state that they look at or make.  Only quick_walk.cc includes this.  One thread at a time.
//
// An operation that is called and returns costs a few stores: each slot knows the masks that its bit is in.

#pragma once

#include <bit>
#include <cstdint>

#include "checker/linearizability/compact_problem.h"

namespace ordeal::checker {

class QuickOpen {
 public:
  using Mask = std::uint64_t;
  static constexpr std::uint32_t most = 64;  // states, open operations, indeterminate ones: bits of a word
  static constexpr std::uint32_t none = 0xffffffff;

  // What an open required operation does with the one state that it stands by.
  enum Role : std::uint8_t { looks, writes, forbids, swaps };

  // Who stands by a state. One cache line.
  struct alignas(64) State {
    Mask of[4];  // required operations, by Role
    Mask optional_swaps, optional_writes;
  };

  struct Slot {
    Mask* at_its_state;
    std::uint32_t makes;  // none: it only looks
    Role role;
  };

  // The initial state is number 0.
  explicit QuickOpen(Atom initial) {
    pending_[0] = ~Mask{0};
    add_state(AtomHash()(initial) % (2 * most), initial);
  }

  // The number of a state. none: there are too many.
  std::uint32_t state_of(Atom atom) {
    std::size_t at = AtomHash()(atom) % (2 * most);
    for (; table_[at] != 0; at = (at + 1) % (2 * most)) {
      if (atoms_[table_[at] - 1] == atom.bits()) return table_[at] - 1U;
    }
    return states_ == most ? none : add_state(at, atom);
  }

  bool call(const KeyOperations& key, const KeyOperation& operation);  // false: it does not fit

  // When the next of the required operations returns, and its slot. forever: none is open.
  std::uint32_t next_return() const { return static_cast<std::uint32_t>(pending_[pending_count_] >> 32); }
  std::uint32_t next_slot() const { return static_cast<std::uint32_t>(pending_[pending_count_]); }

  // The next of them returned.
  void forget(std::uint32_t slot) {
    --pending_count_;
    const Mask others = ~(Mask{1} << slot);
    slots_ &= others;
    *slot_[slot].at_its_state &= others;
    all_[slot_[slot].role] &= others;
  }

  Mask all(Role role) const { return all_[role]; }
  Mask observers() const { return all_[looks] | all_[forbids]; }
  const State& state(std::uint32_t number) const { return by_state_[number]; }
  const Slot& slot(std::uint32_t number) const { return slot_[number]; }
  // Of those open, all that look at a state that is `in` it.
  Mask observers(const State& in) const { return in.of[looks] | (all_[forbids] & ~in.of[forbids]); }

  std::uint32_t made_by_optional(std::uint32_t number) const { return optional_makes_[number]; }
  Mask equal_to(std::uint32_t number) const { return equal_to_[number]; }  // of one that swaps; as far as called

  bool any_optional() const { return optional_count_ != 0; }
  Mask optionally_written() const { return optionally_written_; }  // states

 private:
  std::uint32_t add_state(std::size_t at, Atom atom) {
    const std::uint32_t state = states_++;
    table_[at] = static_cast<std::uint8_t>(states_);
    atoms_[state] = atom.bits();
    by_state_[state] = {};
    return state;
  }
  bool call_optional(Role role, std::uint32_t state, std::uint32_t makes);

  Mask slots_ = 0;  // those that are taken
  Mask all_[4] = {};
  Mask optionally_written_ = 0;
  std::uint32_t states_ = 0, pending_count_ = 0, optional_count_ = 0;
  std::uint8_t table_[2 * most] = {};  // states by the hash of their atoms, plus 1; 0: free
  // From here on nothing is set before it is used.
  State by_state_[most];
  Slot slot_[most];
  Mask pending_[most + 1];  // returns, with their slots; the latest first, behind one that never comes
  std::uint64_t atoms_[most];
  std::uint32_t optional_makes_[most];
  Mask equal_to_[most];
};

// False: it does not fit.
inline bool QuickOpen::call(const KeyOperations& key, const KeyOperation& operation) {
  static_assert(static_cast<int>(KeyOperation::Kind::needs) == looks + 1 &&
                static_cast<int>(KeyOperation::Kind::makes) == writes + 1);
  static_assert(static_cast<int>(KeyOperation::Kind::forbids) == forbids + 1 &&
                static_cast<int>(KeyOperation::Kind::cas) == swaps + 1);
  if (operation.kind == KeyOperation::Kind::nothing) return true;
  if (operation.kind > KeyOperation::Kind::cas) return false;
  auto role = static_cast<Role>(static_cast<int>(operation.kind) - 1);
  const std::uint32_t state = state_of(operation.value);
  if (state == none) return false;
  std::uint32_t makes = role == writes ? state : none;
  if (role == swaps) {
    makes = state_of(key.seconds[operation.more]);
    if (makes == none) return false;
    if (makes == state) {  // it only looks
      makes = none;
      role = looks;
    }
  }
  if (operation.returned == KeyOperation::forever) return makes == none || call_optional(role, state, makes);
  if (pending_count_ == most) return false;
  const auto slot = static_cast<std::uint32_t>(std::countr_one(slots_));
  const Mask bit = Mask{1} << slot;
  slots_ |= bit;
  Mask& at_its_state = by_state_[state].of[role];
  at_its_state |= bit;
  slot_[slot] = {.at_its_state = &at_its_state, .makes = makes, .role = role};
  all_[role] |= bit;
  std::uint32_t at = ++pending_count_;
  const Mask pending = Mask{operation.returned} << 32 | slot;
  for (; pending_[at - 1] < pending; --at) pending_[at] = pending_[at - 1];
  pending_[at] = pending;
  return true;
}

}  // namespace ordeal::checker
