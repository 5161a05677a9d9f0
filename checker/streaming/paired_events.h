// Events that know their call, of some of the keys: what pairing hands to the checks of single keys.  Not thread-safe.
//
//   0 process 3 key 7 invoke write 41      now 1, called 1: write 41
//   1 process 5 key 7 invoke read          (left out: who reads is of interest when it returns)
//   2 process 3 key 7 ok     write 41      now 3, called 1: write 41
//   3 process 5 key 7 ok     read  41      now 4, called 2: read 41

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
  Atom second = Atom::absent();
  KeyId key = no_key;
  Verb f = verb::read;
  EventType type = EventType::invoke;
  bool mismatch = false;  // of a completion: its error is "mismatch"
};

// What was open at a moment. All reads and cas that are open from then on, on the keys of these events, were called at
// `oldest` or later, but for the stragglers: those that were open at two such moments already.
struct Straggler {
  KeyId key = no_key;
  Moment called = before_all;
};
struct Horizon {
  std::size_t at = 0;  // it belongs before the event of this place
  Moment oldest = before_all;
  std::size_t stragglers_end = 0;  // its stragglers: from the end of the horizon before it to here
};

class PairedEvents {
 public:
  void clear() {
    size_ = 0;
    horizons_.clear();
    stragglers_.clear();
  }
  // Room for so many more; what is there stays. Untouched room takes no memory.
  void make_room(std::size_t more) {
    if (size_ + more <= capacity_) return;
    const std::size_t capacity = std::max(size_ + more, 2 * capacity_);
    auto grown = std::make_unique_for_overwrite<PairedEvent[]>(capacity);
    std::copy_n(events_.get(), size_, grown.get());
    events_ = std::move(grown);
    capacity_ = capacity;
  }
  PairedEvent* end() { return events_.get() + size_; }  // where the next one is to be written
  void end_at(const PairedEvent* end) { size_ = static_cast<std::size_t>(end - events_.get()); }
  void add_straggler(Straggler straggler) { stragglers_.push_back(straggler); }
  void add_horizon(Moment oldest) {
    horizons_.push_back({.at = size_, .oldest = oldest, .stragglers_end = stragglers_.size()});
  }

  std::span<const PairedEvent> events() const { return {events_.get(), size_}; }
  std::span<const Horizon> horizons() const { return horizons_; }
  std::span<const Straggler> stragglers() const { return stragglers_; }
  std::size_t bytes() const {
    return size_ * sizeof(PairedEvent) + horizons_.capacity() * sizeof(Horizon) +
           stragglers_.capacity() * sizeof(Straggler);
  }

 private:
  std::unique_ptr<PairedEvent[]> events_;
  std::size_t size_ = 0, capacity_ = 0;
  std::vector<Horizon> horizons_;
  std::vector<Straggler> stragglers_;
};

}  // namespace ordeal::checker
