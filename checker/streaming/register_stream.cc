#include "checker/streaming/register_stream.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "checker/models/model.h"

namespace ordeal::checker {
namespace {

template <typename Parts, typename Count>
std::size_t sum(const Parts& parts, const Count& count) {
  return std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                         [&](std::size_t total, const auto& part) { return total + count(part); });
}

}  // namespace

RegisterStream::RegisterStream(Vocabulary& vocabulary, const LinearizableOptions& options, StreamLimits limits,
                               std::size_t shares)
    : pairing_(vocabulary, limits.events_between_horizons), paired_(shares) {
  assert(options.model == ModelName::register_ || options.model == ModelName::cas_register);
  const Atom initial = vocabulary.atom(model_of(options.model).initial(options.initial));
  for (std::size_t i = 0; i < shares; ++i) shares_.emplace_back(vocabulary, options, initial, limits);
}

void RegisterStream::add(std::span<const CompactEvent> events) {
  assert(!finished_);
  for (PairedEvents& paired : paired_) paired.clear();
  pair(events, paired_);
  for (std::size_t i = 0; i < shares_.size(); ++i) check(i, paired_);
}

void RegisterStream::pair(std::span<const CompactEvent> events, PairedShares& paired) {
  assert(!finished_ && paired.size() == shares_.size());
  pairing_.add(events, paired);
}

std::vector<StreamViolation> RegisterStream::violations() const {
  std::vector<StreamViolation> all;
  for (const RegisterKeys& share : shares_) all.insert(all.end(), share.violations().begin(), share.violations().end());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.event < b.event; });
  return all;
}

std::vector<UndecidedKey> RegisterStream::undecided() const {
  std::vector<UndecidedKey> all;
  for (const RegisterKeys& share : shares_) all.insert(all.end(), share.undecided().begin(), share.undecided().end());
  return all;
}

std::size_t RegisterStream::violation_count() const {
  return sum(shares_, [](const RegisterKeys& share) { return share.violations().size(); });
}

std::size_t RegisterStream::undecided_count() const {
  return sum(shares_, [](const RegisterKeys& share) { return share.undecided().size(); });
}

std::size_t RegisterStream::keys() const {
  return sum(shares_, [](const RegisterKeys& share) { return share.keys(); });
}

std::size_t RegisterStream::live_values() const {
  return sum(shares_, [](const RegisterKeys& share) { return share.live_values(); });
}

std::size_t RegisterStream::bytes() const {
  return pairing_.bytes() + sum(shares_, [](const RegisterKeys& share) { return share.bytes(); }) +
         sum(paired_, [](const PairedEvents& paired) { return paired.bytes(); });
}

}  // namespace ordeal::checker
