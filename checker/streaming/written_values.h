// Which values were written to one key, in little memory.  Not thread-safe.
//
// Values that clients count up lie close together, so the set is a few intervals. When the values are scattered and
// there would be too many intervals, those with the smallest gaps between them become one; from then on the set claims
// more values than were written, never fewer. So "new" is certain, and "not new" sends the key to an exact engine.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "checker/atom.h"

namespace ordeal::checker {

class WrittenValues {
 public:
  // Whether the value was certainly not there.
  bool add(Atom atom) { return add_next(atom) || add_anywhere(atom); }
  // The same, if the value is the next one of the interval that grew last, which it nearly always is when somebody
  // counts; else nothing is done, and it returns false.
  bool add_next(Atom atom) {
    const std::int64_t value = place(atom);
    if (value != last_ + 1 || value >= limit_) return false;
    last_ = value;
    return true;
  }
  bool add_anywhere(Atom atom) {
    settle();
    return add_elsewhere(place(atom));
  }
  void remove(Atom atom);  // after add() said that it is new: the write did not happen
  bool contains(Atom atom) const;

  std::size_t bytes() const { return intervals_.capacity() * sizeof(Interval); }

 private:
  static constexpr std::size_t most_intervals = 64;
  static constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
  struct Interval {
    std::int64_t first = 0, last = 0;
  };

  // One line for all kinds of values: integers have 62 bits.
  static std::int64_t place(Atom atom) {
    constexpr std::int64_t behind_integers = Atom::largest_integer + 1;
    if (atom.is_integer()) return atom.as_integer();
    return atom.is_named() ? behind_integers + 2 + atom.number() : behind_integers + (atom.is_nil() ? 0 : 1);
  }
  bool add_elsewhere(std::int64_t value);
  void merge_the_closest();

  void note_growth(std::size_t interval);
  void settle() {
    if (grown_ < intervals_.size()) intervals_[grown_].last = last_;
  }

  std::int64_t last_ = 0;            // of the interval that grew last, which does not know it yet; see settle()
  std::int64_t limit_ = smallest;    // where that would touch the next one
  std::vector<Interval> intervals_;  // ascending, with gaps between them
  std::size_t grown_ = 0;            // the one that grew last
};

}  // namespace ordeal::checker
