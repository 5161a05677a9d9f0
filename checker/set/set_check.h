// Does a set hold what was added to it, and nothing else? Pure; one thread at a time.
//
// Operations: `add` of an element to the set that the key names, and `read`, which sees a list of elements. A read may
// say in its call which ones it asks for, {"from":1,"to":50}; nil: all of the set. Each element is a little object by
// itself, so that a read may look at its elements at different moments between its call and its return.
//
// An element is *known* from the moment when its add returned ok, or when a read that saw it returned.
//
//   lost       a read that was called after the element was known, and asked for it, did not see it, nor did any read
//              that was called later
//   stale      as lost, but a read that was called later saw it again
//   phantom    a read saw an element whose add was not called before the read returned, or whose adds all failed
//   duplicate  a read saw an element twice
//
//   0 invoke add 1   1 ok add 1   2 invoke read   3 ok read []      lost: 1 was known at event 1, the read began at 2
//
// These are all the ways in which such a history can fail to be linearizable: an add has at most one effect, from
// absent to present, so that nothing but the order of one add and the reads of its element counts.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "checker/event.h"
#include "checker/verdict.h"

namespace ordeal::checker {

// Told the events of a history one after the other, it knows at each moment whether what it was told is a violation.
class SetCheck {
 public:
  SetCheck();
  ~SetCheck();
  SetCheck(const SetCheck&) = delete;
  SetCheck& operator=(const SetCheck&) = delete;

  void observe(const Event& event);  // events of the nemesis and of other operations are skipped

  // The first violation: one sentence. What is lost as far as is known may turn out stale later.
  const std::optional<std::string>& violation() const;

  // Of all events so far; the witness is made when `history` holds them. `unknown` when an acknowledged element was
  // never read again, `not_exercised` when there was none.
  Finding finding(const History& history) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Finding check_set(const History& history);

}  // namespace ordeal::checker
