#include "checker/linearizability/stream_rounds.h"

#include <algorithm>
#include <bit>

namespace ordeal::checker {
namespace {

// To read and to pair takes longer than the check of half of the keys; small shares let the threads end together.
constexpr std::size_t shares_of_a_thread = 4;

std::size_t shares_for(const LinearizableOptions& options) {
  if (!options.in_parallel || options.parallelism <= 1) return 1;
  return std::min(std::bit_ceil(shares_of_a_thread * options.parallelism), Pairing::most_shares);
}

}  // namespace

StreamRounds::Pairs::Pairs(RegisterStream& stream) : stream_(stream) {
  for (Side& side : sides_) side.shares.resize(stream.shares());
}

void StreamRounds::Pairs::begin(std::size_t side) {
  for (PairedEvents& share : sides_[side].shares) share.clear();
}

void StreamRounds::Pairs::add(std::span<const CompactEvent> events, std::size_t side) {
  stream_.pair(events, sides_[side].shares);
  sides_[side].operations = stream_.operations();
}

std::size_t StreamRounds::Pairs::bytes() const {
  std::size_t bytes = 0;
  for (const Side& side : sides_) {
    for (const PairedEvents& share : side.shares) bytes += share.bytes();
  }
  return bytes;
}

StreamRounds::StreamRounds(EventSource& source, const LinearizableOptions& options)
    : stream_(source.vocabulary(), options, {}, shares_for(options)),
      pairs_(stream_),
      rounds_(source, options, &pairs_) {
  for (std::size_t i = 0; i < stream_.shares(); ++i) {
    checks_.emplace_back([this, i](const Rounds::Round& round) { stream_.check(i, pairs_.shares(round.side)); });
  }
}

StreamRounds::Round StreamRounds::next(const Collect& collect) {
  std::vector<Rounds::Work> works;
  if (collect) {
    works.emplace_back([&](const Rounds::Round& round) { collect(round.events); });
  }
  works.insert(works.end(), checks_.begin(), checks_.end());
  const Rounds::Round round = rounds_.next(works);
  return {.events = round.count, .last = round.last, .operations = pairs_.operations(round.side)};
}

std::size_t StreamRounds::bytes() const {
  return stream_.bytes() + pairs_.bytes() + rounds_.bytes();
}

}  // namespace ordeal::checker
