// The events that a witness is made of, fetched in full.  Pure; one thread at a time.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "checker/event_source.h"

namespace ordeal::checker {

// Where and how a history fails.
struct ViolationPlace {
  std::function<bool(KeyId)> concerned;  // the keys that were judged together
  std::uint64_t event = 0;               // Event::index of the failing return
  // Event::index of calls or returns of operations that contradict each other by themselves; empty: not known.
  std::vector<std::uint64_t> contradiction = {};
};

// All events of these keys. When those up to the failing one are more than `most` and the contradiction is known, only
// the two events of each of its operations; and of what comes after the failing event at most `most`.
History events_around(EventSource& source, const ViolationPlace& place, std::size_t most);

}  // namespace ordeal::checker
