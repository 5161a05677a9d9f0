// An event as the fast algorithms read it: numbers only, no allocation.  Plain value; any thread.
//
// What a check does not need for its verdict (time, node, error) stays in the file; EventSource::fetch brings it back
// for the few events that a witness shows.

#pragma once

#include <cstdint>

#include "checker/atom.h"
#include "checker/event.h"
#include "checker/vocabulary.h"

namespace ordeal::checker {

struct CompactEvent {
  std::uint64_t index = 0;
  Process process = 0;           // never the nemesis
  Atom value = {};               // argument or result; of a cas that is a list of two: the expected value
  Atom second = Atom::absent();  // of such a cas: the new value
  KeyId key = no_key;
  Verb f = verb::read;
  EventType type = EventType::invoke;
  bool mismatch = false;  // its error is "mismatch": a cas that was evaluated and did not match
};

// New words go into the vocabulary. The event must not be the nemesis's.
CompactEvent compact(const Event& event, Vocabulary& vocabulary);

}  // namespace ordeal::checker
