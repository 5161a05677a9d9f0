// Does each increment count exactly once? Pure; one thread at a time.
//
// Operations on the counter that the key names: `increment`, whose call says {"delta":1,...} (or plainly 1; more than
// 0) and whose ok return says {"value":17,...} (or plainly 17), the counter just after it; and `read`, which sees the
// counter (nil: 0). A client may send an increment several times until it is answered; all of that is one operation. An
// ok return may hold a second answer to the same increment, {"value":17,"index":9,"again":{"value":17,"index":9}}.
//
// What is checked as the events come:
//   at least   what an operation sees is at least what any operation that had returned before its call saw, and at
//              least the sum of all increments that had been acknowledged before its call; an increment adds its own.
//              Less: an increment is lost, or the answer is from the past.
//   at most    it is at most the sum of all increments that were called before its return and have not failed.
//              More: one was applied twice.
//   own        the steps from value - delta to value of two increments do not overlap: delta 1, equal values.
//   again      a second answer is the first one.
// And at the end, when it is known which increments were never answered:
//   counted    what an operation sees is at most the sum of the acknowledged increments that saw no more, and of the
//              unanswered ones that were called before its return.
//
//   1 ok increment 1    3 ok increment 3    and no third increment was called: 3 breaks "at most"
//
// With deltas of 1 this is exact: a history passes if and only if it is linearizable (the values of the increments are
// their order; a gap in it takes any unanswered increment that was called before anybody saw past the gap, and the gaps
// can be filled if and only if each prefix of them can, since later gaps have later deadlines).

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "checker/event.h"
#include "checker/verdict.h"

namespace ordeal::checker {

class CounterCheck {
 public:
  CounterCheck();
  ~CounterCheck();
  CounterCheck(const CounterCheck&) = delete;
  CounterCheck& operator=(const CounterCheck&) = delete;

  void observe(const Event& event);  // events of the nemesis and of other operations are skipped

  // The first violation that the events so far prove whatever follows: one sentence.
  const std::optional<std::string>& violation() const;

  // Of all events so far; the witness is made when `history` holds them. `not_exercised` when no increment succeeded.
  Finding finding(const History& history) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Finding check_counter(const History& history);

}  // namespace ordeal::checker
