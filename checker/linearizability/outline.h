// The operations of one key, laid out for a walk along their events: what is open, by state, as bits.  One thread.
//
// A walk asks all the time which open operations need, forbid or make a state. So each state has a row with a mask of
// slots for each of these questions, which a call and a return change by one bit, and each question is one load.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "checker/linearizability/problem.h"

namespace ordeal::checker {

class Outline {
 public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t most_words = 16;  // for the counts of used optional operations

  enum class Kind : std::uint8_t { observer, write, cas, optional };

  struct Step {
    std::uint32_t called = 0, returned = 0;
    StateId needs = no_state, forbids = no_state, makes = no_state;
    std::uint32_t optional_class = none;
    Kind kind = Kind::observer;
  };

  // The masks are of open required operations.
  struct Row {
    std::uint64_t observers = 0;                            // see the state
    std::uint64_t forbidders = 0;                           // see any other one
    std::uint64_t cas = 0;                                  // turn the state into another
    std::uint64_t writers = 0;                              // make it from any state
    std::uint64_t makers = 0;                               // writers, and cas that make it
    std::uint32_t future_needs = 0, future_makes = 0;       // required operations that are still to be called
    std::uint32_t first_maker = none, first_needer = none;  // classes of optional operations
    std::uint32_t total_needs = 0, total_makes = 0;
    bool asked = false;  // some operation can tell the state from others
  };

  // Equal optional operations: only how many of them were used matters. The count stands in a field of `bits` bits at
  // `shift` of a word; the bit above it is always free (frontier.cc compares all fields of a word at once by it).
  struct Class {
    StateId needs = no_state, makes = no_state;
    std::uint32_t next_maker = none, next_needer = none;
    std::uint32_t total = 0, called = 0;
    std::uint32_t word = 0, shift = 0;
    std::uint64_t mask = 0;  // of the field, shifted down
  };

  // False: nothing for this layout (an operation transforms, or the optional ones differ too much to be counted).
  // `exact_states`: those that nobody can tell apart stay apart, for who wants to know the last one.
  bool lay_out(const Problem& problem, bool exact_states = false);
  // Back to before the first event.
  void rewind();

  std::size_t bytes() const {
    return steps.capacity() * sizeof(Step) + rows.capacity() * sizeof(Row) + classes.capacity() * sizeof(Class) +
           4 * dropped_.capacity();
  }

  std::vector<Step> steps;  // those that matter, by call
  std::vector<Row> rows;    // of each state, and of the one that stands for all that nobody can tell apart
  std::vector<Class> classes;
  std::size_t words = 0;
  std::uint64_t guards[most_words] = {};  // the free bit above each field
  StateId initial = 0;
  std::uint32_t last_forbidding_return = 0;

 private:
  bool count(const Problem& problem);
  void drop_useless(const Problem& problem);
  std::uint32_t class_of(StateId needs, StateId makes);
  bool give_fields();

  std::vector<std::uint32_t> optional_;  // indices of operations
  std::vector<bool> dropped_;            // of each of optional_
};

}  // namespace ordeal::checker
