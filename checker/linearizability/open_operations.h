// Who is open while a walk goes along the events of an outline: each required operation in a slot, the rows of the
// outline up to date.  One thread.
//
// Slots are given anew after each return, always the lowest free one; so what is open behind a number of events, and in
// which slots, depends on these events alone, however often the walk went back and forth.

#pragma once

#include <bit>
#include <cstdint>

#include "checker/linearizability/outline.h"

namespace ordeal::checker {

class OpenOperations {
 public:
  using Mask = std::uint64_t;  // of slots
  static constexpr std::uint32_t most = 64;

  struct Pending {
    std::uint32_t returned;
    std::uint32_t slot;
  };

  // The outline was rewound, and is this object's to change.
  explicit OpenOperations(Outline& outline) : outline_(outline) {}

  const Outline& outline() const { return outline_; }
  const Outline::Row& row(StateId state) const { return outline_.rows[state]; }
  const Outline::Step& in(std::uint32_t slot) const { return *occupants_[slot]; }
  Mask writes() const { return writes_; }
  Mask cas() const { return cas_; }
  Mask observers() const { return observers_; }    // that never change the state
  Mask forbidders() const { return forbidders_; }  // those that only say which state it is not

  bool none() const { return pending_count_ == 0; }
  bool full() const { return pending_count_ == most; }
  Pending next_return() const { return pending_[pending_count_ - 1]; }

  // A call, of an optional operation or with a slot to be had. Returns the slot; 0 of an optional operation, which
  // takes none.
  std::uint32_t call(const Outline::Step& step);
  // The next return.
  void pass_return();
  // As if the latest return, or the latest call, had not been yet.
  void take_return_back(const Outline::Step& step, std::uint32_t slot);
  void take_call_back(const Outline::Step& step, std::uint32_t slot);

 private:
  void place(const Outline::Step& step, std::uint32_t slot);
  void forget(std::uint32_t slot);

  Outline& outline_;
  Mask open_ = 0, writes_ = 0, cas_ = 0, observers_ = 0, forbidders_ = 0;
  std::uint32_t pending_count_ = 0;
  Pending pending_[most];  // the latest return first
  const Outline::Step* occupants_[most];
};

}  // namespace ordeal::checker
