// Did writes go on while they should have? Judged under load, from what the nemesis recorded of its faults. Pure; one
// thread at a time.
//
// The idea: a fixed set of nodes that is a majority, all of it running and each hearing each other, must be able to
// write, whatever happens to the rest. So while one such set lasts, no wait for a write may last longer than a bound:
//
//   n1 n2 n3 n4 n5      5.0 s  n1 is killed           {n2..n5} lasts on
//                       9.0 s  n2 is cut off          {n3, n4, n5} lasts on: it has been there since the begin
//                      12.0 s  n1 is started again
//                      14.0 s  n3 is paused           {n3, n4, n5} is broken, {n1, n4, n5} is there since 12.0 s
//
// What is not known to be harmless counts against the demand, so that a correct system is never blamed:
//   - a set begins anew when one of its nodes ends, whoever wanted it: an upgrade restarts nodes before it is recorded,
//     and all that it strikes must work afterwards,
//   - a set begins anew once one of its nodes or links was struck, and only when that fault was healed,
//   - a change of the membership ends the demand for good: who votes is not known here,
//   - a fault of a kind that names neither nodes nor what they drop, and one that cuts clients off, suspends the demand
//     while it lasts,
//   - a wait counts only as far as the harness was awake (of each silence between two recorded events at most a second
//     counts), and only if at least three writes failed or timed out in it,
//   - nodes are all voters; targets with learners are not to be judged.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "checker/event.h"
#include "checker/verdict.h"

namespace ordeal::checker {

struct AvailabilityOptions {
  std::vector<std::string> nodes;                              // all that vote, at most 9: else there are too many sets
  std::chrono::nanoseconds within = std::chrono::seconds(10);  // the longest wait for a write
};

class AvailabilityCheck {
 public:
  explicit AvailabilityCheck(AvailabilityOptions options);
  ~AvailabilityCheck();
  AvailabilityCheck(const AvailabilityCheck&) = delete;
  AvailabilityCheck& operator=(const AvailabilityCheck&) = delete;

  void begin(std::chrono::nanoseconds load_began);  // from here on writes are expected
  void end(std::chrono::nanoseconds load_ended);    // and from here on no more
  void observe(const Event& event);                 // in the order of the history

  Finding finding() const;  // unavailable: with the times, the set, and what was struck meanwhile

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::checker
