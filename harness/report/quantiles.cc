#include "harness/report/quantiles.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace ordeal::harness {
namespace {

using std::chrono::nanoseconds;

std::uint64_t rank_of(double quantile, std::uint64_t count) {
  const double rank = std::ceil(quantile * static_cast<double>(count));
  return rank >= static_cast<double>(count) ? count : std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rank));
}

}  // namespace

nanoseconds quantile_of(std::vector<nanoseconds>& values, double quantile) {
  assert(!values.empty());
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(rank_of(quantile, values.size()) - 1);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

// Values below 2^precision have a class each. Of the others count the highest `precision` bits behind the leading one,
// and how far they stand to the left.
std::size_t Durations::class_of(nanoseconds value) const {
  const auto bits = static_cast<std::uint64_t>(value.count());
  const auto width = static_cast<unsigned>(std::bit_width(bits));
  if (width <= precision_) return bits;
  const unsigned shift = width - 1 - precision_;
  return (std::size_t{shift} << precision_) + (bits >> shift);
}

nanoseconds Durations::largest_of(std::size_t class_number) const {
  const std::size_t doubling = class_number >> precision_;
  if (doubling <= 1) return nanoseconds(static_cast<std::int64_t>(class_number));
  const std::size_t shift = doubling - 1;
  const std::uint64_t top = class_number - (shift << precision_);
  return nanoseconds(static_cast<std::int64_t>(((top + 1) << shift) - 1));
}

void Durations::count_in(std::size_t class_number, std::uint64_t times) {
  if (classes_.empty()) first_class_ = class_number;
  if (class_number < first_class_) {
    classes_.insert(classes_.begin(), first_class_ - class_number, 0);
    first_class_ = class_number;
  }
  if (class_number - first_class_ >= classes_.size()) classes_.resize(class_number - first_class_ + 1);
  classes_[class_number - first_class_] += times;
}

void Durations::classify() {
  for (const nanoseconds value : values_) count_in(class_of(value), 1);
  values_ = {};
}

void Durations::add(nanoseconds value) {
  value = std::max(value, nanoseconds(0));
  max_ = std::max(max_, value);
  if (++count_ <= exact_) return values_.push_back(value);
  if (!values_.empty()) classify();
  count_in(class_of(value), 1);
}

void Durations::add(const Durations& others) {
  assert(precision_ == others.precision_);
  max_ = std::max(max_, others.max_);
  count_ += others.count_;
  if (count_ <= exact_) {
    values_.insert(values_.end(), others.values_.begin(), others.values_.end());
    return;
  }
  classify();
  for (const nanoseconds value : others.values_) count_in(class_of(value), 1);
  for (std::size_t at = 0; at < others.classes_.size(); ++at) {
    if (others.classes_[at] > 0) count_in(others.first_class_ + at, others.classes_[at]);
  }
}

nanoseconds Durations::quantile(double quantile) const {
  if (count_ == 0) return nanoseconds(0);
  if (!values_.empty()) {
    std::vector<nanoseconds> values = values_;
    return quantile_of(values, quantile);
  }
  std::uint64_t left = rank_of(quantile, count_);
  std::size_t at = 0;
  while (classes_[at] < left) left -= classes_[at++];
  return std::min(max_, largest_of(first_class_ + at));
}

}  // namespace ordeal::harness
