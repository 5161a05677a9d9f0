// Events that know their call, of some of the keys: what pairing hands to the checks of single keys.  Not thread-safe.
//
//   0 process 3 key 7 invoke write 41      writes: now 1, write 41
//   1 process 5 key 7 invoke read          (left out: who reads is of interest when it returns)
//   2 process 3 key 7 ok     write 41      oks: now 3, called 1, write 41
//   3 process 5 key 7 ok     read  41      oks: now 4, called 2, read 41
//   4 process 5 key 7 invoke cas [41 42]   unusual, after 1 write and 2 oks: now 5, cas 41 42
//
// Which event comes next nobody can predict; so those of one kind, of which there are many, stand together. All others
// say how many of each kind come before them.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "checker/compact_event.h"

namespace ordeal::checker {

// Moments are Event::index + 1, so that there is one before all events.
using Moment = std::uint64_t;
inline constexpr Moment before_all = 0;
inline constexpr Moment never = std::numeric_limits<Moment>::max();

struct PairedEvent {
  Moment now = before_all;     // of the event
  Moment called = before_all;  // of its call; a call's own
  Atom value = {};             // of the call; of the completion of a read, what it read
  KeyId key = no_key;
  Verb f = verb::read;
  EventType type = EventType::invoke;
  bool mismatch = false;  // of a completion: its error is "mismatch"
};

// How many of each kind come before it.
struct PairedPlace {
  std::size_t writes = 0, oks = 0, unusual = 0;
};

struct UnusualEvent {
  PairedEvent event = {};
  Atom second = Atom::absent();
  PairedPlace place = {};
};

// What was open at a moment. All reads and cas that are open from then on, on the keys of these events, were called at
// `oldest` or later, but for the stragglers: those that were open at two such moments already.
struct Straggler {
  KeyId key = no_key;
  Moment called = before_all;
};
struct Horizon {
  PairedPlace place;
  Moment oldest = before_all;
  std::size_t stragglers_end = 0;  // its stragglers: from the end of the horizon before it to here
};

class PairedEvents {
 public:
  void clear() {
    writes_.size = oks_.size = 0;
    unusual_.clear();
    horizons_.clear();
    stragglers_.clear();
  }
  // Room for so many more of each kind; what is there stays. Untouched room takes no memory.
  void make_room(std::size_t more) {
    writes_.make_room(more);
    oks_.make_room(more);
  }
  // Where the next one is to be written.
  PairedEvent* end_of_writes() { return writes_.events.get() + writes_.size; }
  PairedEvent* end_of_oks() { return oks_.events.get() + oks_.size; }
  void end_at(const PairedEvent* end_of_writes, const PairedEvent* end_of_oks) {
    writes_.size = static_cast<std::size_t>(end_of_writes - writes_.events.get());
    oks_.size = static_cast<std::size_t>(end_of_oks - oks_.events.get());
  }
  void add_unusual(const PairedEvent& event, Atom second) {
    unusual_.push_back({.event = event, .second = second, .place = place()});
  }
  void add_straggler(Straggler straggler) { stragglers_.push_back(straggler); }
  void add_horizon(Moment oldest) {
    horizons_.push_back({.place = place(), .oldest = oldest, .stragglers_end = stragglers_.size()});
  }

  std::span<const PairedEvent> writes() const { return {writes_.events.get(), writes_.size}; }  // calls of writes
  std::span<const PairedEvent> oks() const { return {oks_.events.get(), oks_.size}; }           // of reads and writes
  std::span<const UnusualEvent> unusual() const { return unusual_; }  // all others, and the first of a key
  std::span<const Horizon> horizons() const { return horizons_; }
  std::span<const Straggler> stragglers() const { return stragglers_; }
  PairedPlace place() const { return {writes_.size, oks_.size, unusual_.size()}; }  // the end
  std::size_t bytes() const {
    return (writes_.size + oks_.size) * sizeof(PairedEvent) + unusual_.capacity() * sizeof(UnusualEvent) +
           horizons_.capacity() * sizeof(Horizon) + stragglers_.capacity() * sizeof(Straggler);
  }

 private:
  struct Row {
    std::unique_ptr<PairedEvent[]> events;
    std::size_t size = 0, capacity = 0;

    void make_room(std::size_t more) {
      if (size + more <= capacity) return;
      capacity = std::max(size + more, 2 * capacity);
      auto grown = std::make_unique_for_overwrite<PairedEvent[]>(capacity);
      std::copy_n(events.get(), size, grown.get());
      events = std::move(grown);
    }
  };
  Row writes_, oks_;
  std::vector<UnusualEvent> unusual_;
  std::vector<Horizon> horizons_;
  std::vector<Straggler> stragglers_;
};

}  // namespace ordeal::checker
