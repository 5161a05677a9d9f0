// Who completes which call, and what every share of the keys learns of it.  Not thread-safe.
//
//   Pairing pairing(vocabulary, {});
//   pairing.add(events, shares);         // key k is in the share k mod shares.size()
//   ... work on shares, on any threads ...
//
// Checks of single keys share nothing but this: that a process does one operation at a time, and which calls are open.
// So that is found out once for all of them, and they may then run beside each other. Nobody can predict which event
// comes next; so all is done without a branch that depends on it.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "checker/streaming/open_calls.h"
#include "checker/streaming/paired_events.h"

namespace ordeal::checker {

class Pairing {
 public:
  static constexpr std::size_t most_shares = 16;
  // `vocabulary` is for complaints, and must outlive this. A horizon is told about so many events after the one
  // before; 0: so many that it costs little. Of no influence on verdicts.
  explicit Pairing(const Vocabulary& vocabulary, std::uint64_t events_between_horizons = 0)
      : open_(vocabulary), between_horizons_(events_between_horizons) {}

  // Adds all but the calls of reads to `shares`, a power of two of them, always as many. (The first event of a key is
  // never left out.) Throws MalformedHistory as pair_operations does.
  void add(std::span<const CompactEvent> events, std::span<PairedEvents> shares);

  std::size_t calls() const { return open_.begun(); }
  std::size_t bytes() const { return open_.bytes() + known_.capacity(); }

 private:
  std::uint64_t between_horizons() const {
    return between_horizons_ > 0 ? between_horizons_ : std::max<std::uint64_t>(512, 8 * open_.places());
  }
  bool is_horizon_due(const CompactEvent& next) const { return next.index + 1 >= horizon_ + between_horizons(); }
  // Takes the first of them away: as many as come before the next horizon.
  std::span<const CompactEvent> next_of(std::span<const CompactEvent>& events) const {
    const std::span<const CompactEvent> some = events.first(std::min<std::size_t>(events.size(), between_horizons()));
    events = events.subspan(some.size());
    return some;
  }
  void tell_horizon(Moment now, std::span<PairedEvents> shares);
  void add_some(std::span<const CompactEvent> events, std::span<PairedEvents> shares);
  void add_unusual(const CompactEvent& event, PairedEvents& share);

  OpenCalls open_;
  std::uint64_t between_horizons_;
  Moment horizon_ = before_all, horizon_before_ = before_all;  // the moments of the last two
  std::vector<std::uint8_t> known_;                            // by KeyId: whether it was seen
};

}  // namespace ordeal::checker
