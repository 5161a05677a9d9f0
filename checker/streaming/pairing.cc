#include "checker/streaming/pairing.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace ordeal::checker {

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
  while (!events.empty()) {
    if (is_horizon_due(events.front())) tell_horizon(events.front().index + 1, shares);
    add_some(next_of(events), shares);
  }
}

void Pairing::add_some(std::span<const CompactEvent> events, std::span<PairedEvents> shares) {
  const std::size_t mask = shares.size() - 1;
  std::array<std::array<PairedEvent*, 2>, most_shares> ends;  // of the writes and of the oks of each share
  for (std::size_t i = 0; i < shares.size(); ++i) {
    shares[i].make_room(events.size());
    ends[i] = {shares[i].end_of_writes(), shares[i].end_of_oks()};
  }
  const auto use = [&ends, mask](const OpenCalls::Pair& pair) {
    PairedEvent*& end = ends[pair.key() & mask][pair.is_ok() ? 1 : 0];
    end->now = pair.index + 1;
    end->called = pair.called + 1;
    end->value = pair.value;
    set_last_word(*end, pair.what);
    end += pair.is_ok() | pair.is_write();
  };
  while (true) {
    const auto is_usual = [known = std::span(known_)](KeyId key) { return key < known.size() && known[key] != 0; };
    events = events.subspan(open_.pair(events, is_usual, use));
    if (events.empty()) break;
    const std::size_t share = events.front().key & mask;
    shares[share].end_at(ends[share][0], ends[share][1]);
    add_unusual(events.front(), shares[share]);
    events = events.subspan(1);
  }
  for (std::size_t i = 0; i < shares.size(); ++i) shares[i].end_at(ends[i][0], ends[i][1]);
}

void Pairing::add_unusual(const CompactEvent& event, PairedEvents& share) {
  const bool is_call = event.type == EventType::invoke, is_read = event.f == verb::read;
  const CompactEvent& call = (is_call ? open_.begin(event) : open_.complete(event)).event;
  PairedEvent paired{.now = event.index + 1, .called = call.index + 1, .value = is_read ? event.value : call.value};
  set_last_word(paired, last_word(event));
  share.add_unusual(paired, is_read ? event.second : call.second);
  if (event.key >= known_.size()) known_.resize(std::max<std::size_t>(std::size_t{event.key} + 1, 2 * known_.size()));
  known_[event.key] = 1;
}

}  // namespace ordeal::checker
