#include "checker/streaming/written_values.h"

#include <algorithm>
#include <limits>

namespace ordeal::checker {

bool WrittenValues::contains(Atom atom) const {
  const std::int64_t value = place(atom);
  const auto after = std::upper_bound(intervals_.begin(), intervals_.end(), value,
                                      [](std::int64_t v, const Interval& interval) { return v < interval.first; });
  if (after == intervals_.begin()) return false;
  const auto place = static_cast<std::size_t>(after - intervals_.begin()) - 1;
  return value <= (place == grown_ ? last_ : intervals_[place].last);
}

bool WrittenValues::add_elsewhere(std::int64_t value) {
  const auto after = std::upper_bound(intervals_.begin(), intervals_.end(), value,
                                      [](std::int64_t v, const Interval& interval) { return v < interval.first; });
  const auto place = static_cast<std::size_t>(after - intervals_.begin());
  const bool touches_after = after != intervals_.end() && value + 1 == after->first;
  if (place > 0 && value <= intervals_[place - 1].last) return false;
  if (place > 0 && value == intervals_[place - 1].last + 1) {
    intervals_[place - 1].last = touches_after ? after->last : value;
    if (touches_after) intervals_.erase(after);
    note_growth(place - 1);
  } else if (touches_after) {
    after->first = value;
    note_growth(place);
  } else {
    intervals_.insert(after, {.first = value, .last = value});
    if (intervals_.size() > most_intervals) merge_the_closest();
    note_growth(std::min(place, intervals_.size() - 1));
  }
  return true;
}

void WrittenValues::note_growth(std::size_t interval) {
  grown_ = interval;
  last_ = intervals_[interval].last;
  limit_ = std::numeric_limits<std::int64_t>::max();
  if (interval + 1 < intervals_.size()) limit_ = intervals_[interval + 1].first - 1;
}

// Halves their number, so that the next time comes only after as many new ones.
void WrittenValues::merge_the_closest() {
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < intervals_.size(); ++i) gaps.push_back(intervals_[i].first - intervals_[i - 1].last);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  std::size_t kept = 0;
  for (std::size_t i = 1; i < intervals_.size(); ++i) {
    if (intervals_[i].first - intervals_[kept].last <= *middle) {
      intervals_[kept].last = intervals_[i].last;
    } else {
      intervals_[++kept] = intervals_[i];
    }
  }
  intervals_.resize(kept + 1);
}

void WrittenValues::remove(Atom atom) {
  settle();
  const std::int64_t value = place(atom);
  for (std::size_t i = 0; i < intervals_.size(); ++i) {
    const Interval interval = intervals_[i];
    if (value < interval.first || value > interval.last) continue;
    const auto here = intervals_.begin() + static_cast<std::ptrdiff_t>(i);
    if (interval.first == interval.last) {
      intervals_.erase(here);
    } else if (value == interval.first) {
      ++here->first;
    } else {
      here->last = value - 1;
      if (value < interval.last) intervals_.insert(std::next(here), {.first = value + 1, .last = interval.last});
    }
    limit_ = smallest;
    grown_ = intervals_.size();
    if (!intervals_.empty()) note_growth(std::min(i, intervals_.size() - 1));
    return;
  }
}

}  // namespace ordeal::checker
