// An event as the fast algorithms read it: numbers only, no allocation.  Plain value; any thread.
//
// What a check does not need for its verdict (time, node, error) stays in the file; EventSource::fetch brings it back
// for the few events that a witness shows.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

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
  // Nothing. Without it a copy would end one byte early, store its end askew, and let whoever loads that word wait.
  bool unused = false;
};
static_assert(sizeof(CompactEvent) == 40);

// Key, function, type and mismatch at once, as they lie in memory: the last word, also of other structures that end so.
// To store them one by one and to load them together would make the load wait.
// In it the key is lowest; the others begin at these bits.
struct LastWord {
  static constexpr unsigned verb_at = 32, type_at = 40, mismatch_at = 48;
};
static_assert(offsetof(CompactEvent, f) == offsetof(CompactEvent, key) + LastWord::verb_at / 8 &&
              offsetof(CompactEvent, type) == offsetof(CompactEvent, key) + LastWord::type_at / 8 &&
              offsetof(CompactEvent, mismatch) == offsetof(CompactEvent, key) + LastWord::mismatch_at / 8);
template <typename Ending = CompactEvent>
std::uint64_t last_word(const Ending& of) {
  static_assert(
      sizeof(Ending) == offsetof(Ending, key) + sizeof(std::uint64_t) &&
      offsetof(Ending, f) - offsetof(Ending, key) == offsetof(CompactEvent, f) - offsetof(CompactEvent, key) &&
      offsetof(Ending, type) == offsetof(Ending, f) + 1 && offsetof(Ending, mismatch) == offsetof(Ending, f) + 2);
  std::uint64_t word = 0;
  std::memcpy(&word, reinterpret_cast<const char*>(&of) + offsetof(Ending, key), sizeof word);
  return word;
}
template <typename Ending = CompactEvent>
void set_last_word(Ending& of, std::uint64_t word) {
  std::memcpy(reinterpret_cast<char*>(&of) + offsetof(Ending, key), &word, sizeof word);
}

// For a switch over both.
constexpr unsigned kind_of(EventType type, Verb f) {
  return static_cast<unsigned>(type) | unsigned{f} << 2;
}

// New words go into the vocabulary. The event must not be the nemesis's.
CompactEvent compact(const Event& event, Vocabulary& vocabulary);

}  // namespace ordeal::checker
