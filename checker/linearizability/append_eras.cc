#include "checker/linearizability/append_eras.h"

namespace ordeal::checker {

void ByValue::group() {
  begins_.assign(std::size_t{values()} + 2, 0);  // one further to the right, until they are filled
  for (const Entry& entry : entries_) ++begins_[entry.value + 2];
  for (std::size_t i = 2; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
  operations_.resize(entries_.size());
  for (const Entry& entry : entries_) {
    const std::uint32_t at = begins_[entry.value + 1]++;
    operations_[at].span = entry.span;
    operations_[at].value = entry.value;
  }
  for (std::uint32_t i = 0; i < size(); ++i) {
    operations_[i].last_return_until = operations_[i].span.returned;
    if (i == 0 || value_of(i - 1) != value_of(i)) continue;
    operations_[i].last_return_until = std::max(last_return_until(i - 1), operations_[i].span.returned);
  }
  for (std::uint32_t i = size(); i-- > 0;) {
    operations_[i].first_return_from = operations_[i].span.returned;
    if (i + 1 == size() || value_of(i + 1) != value_of(i)) continue;
    operations_[i].first_return_from = std::min(first_return_from(i + 1), operations_[i].span.returned);
  }
}

std::uint32_t ByValue::called_before(std::uint32_t number, std::int64_t time) const {
  const auto begin = operations_.begin();
  const auto found = std::partition_point(begin + begin_of(number), begin + end_of(number),
                                          [&](const Grouped& operation) { return operation.span.called < time; });
  return static_cast<std::uint32_t>(found - begin);
}

// Those with f < s, by f: they must not overlap. The others must not lie within one of them.
bool can_be_ordered(std::span<Zone> zones) {
  const auto middle =
      std::partition(zones.begin(), zones.end(), [](const Zone& zone) { return zone.first_return < zone.last_call; });
  std::sort(zones.begin(), middle, [](const Zone& a, const Zone& b) { return a.first_return < b.first_return; });
  for (auto zone = zones.begin(); zone != middle; ++zone) {
    if (zone != zones.begin() && zone->first_return < (zone - 1)->last_call) return false;
  }
  for (auto zone = middle; zone != zones.end(); ++zone) {
    const auto after = std::partition_point(zones.begin(), middle,
                                            [&](const Zone& other) { return other.first_return < zone->last_call; });
    if (after != zones.begin() && zone->first_return < (after - 1)->last_call) return false;
  }
  return true;
}

}  // namespace ordeal::checker
