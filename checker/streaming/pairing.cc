#include "checker/streaming/pairing.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace ordeal::checker {

void Pairing::note_key(KeyId key) {
  if (key >= known_.size()) known_.resize(std::max<std::size_t>(std::size_t{key} + 1, 2 * known_.size()), 0);
  known_[key] = 1;
}

// Who was open two horizons ago is told by itself, so that it holds up its own key only.
void Pairing::tell_horizon(Moment now, std::span<PairedEvents> shares) {
  std::array<Moment, most_shares> oldest;
  oldest.fill(now);
  open_.visit([&](const CompactEvent& call, bool is_open) {
    const bool counts = is_open & (call.f != verb::write);                 // a write concerns its value only
    const Moment called = (call.index + 1) | (std::uint64_t{counts} - 1);  // never, unless it counts
    const std::size_t share = call.key & (shares.size() - 1);
    if (called < horizon_before_) [[unlikely]] {
      shares[share].add_straggler({.key = call.key, .called = called});
    } else {
      oldest[share] = std::min(oldest[share], called);
    }
  });
  for (std::size_t i = 0; i < shares.size(); ++i) shares[i].add_horizon(oldest[i]);
  horizon_before_ = horizon_;
  horizon_ = now;
}

void Pairing::add(std::span<const CompactEvent> events, std::span<PairedEvents> shares) {
  assert(std::has_single_bit(shares.size()) && shares.size() <= most_shares);
  const std::size_t mask = shares.size() - 1;
  while (!events.empty()) {
    if (is_horizon_due(events.front())) tell_horizon(events.front().index + 1, shares);
    const std::span<const CompactEvent> some = next_of(events);
    std::array<PairedEvent*, most_shares> ends{};
    for (std::size_t i = 0; i < shares.size(); ++i) {
      shares[i].make_room(some.size());
      ends[i] = shares[i].end();
    }
    for (const CompactEvent& event : some) {
      PairedEvent*& end = ends[event.key & mask];
      end += pair(event, *end) ? 1 : 0;
    }
    for (std::size_t i = 0; i < shares.size(); ++i) shares[i].end_at(ends[i]);
  }
}

}  // namespace ordeal::checker
