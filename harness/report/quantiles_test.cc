#include "harness/report/quantiles.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace ordeal::harness {
namespace {

using std::chrono::nanoseconds;

// From nanoseconds to hours, each doubling as likely as the others.
std::vector<nanoseconds> some_durations(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<nanoseconds> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.emplace_back(static_cast<std::int64_t>(engine() >> (20 + engine() % 43)));
  }
  return values;
}

TEST(Durations, AreExactWhileTheyAreFew) {
  std::vector<nanoseconds> values = some_durations(100, 1);
  Durations durations(100, 6);
  for (const nanoseconds value : values) durations.add(value);
  for (const double quantile : {0.0, 0.01, 0.5, 0.99, 1.0}) {
    EXPECT_EQ(durations.quantile(quantile), quantile_of(values, quantile)) << quantile;
  }
}

TEST(Durations, AreTooLargeByLessThanTheirPrecisionWhenTheyAreMany) {
  for (const unsigned precision : {1U, 6U, 10U}) {
    std::vector<nanoseconds> values = some_durations(10'000, precision);
    Durations durations(16, precision);
    for (const nanoseconds value : values) durations.add(value);
    EXPECT_EQ(durations.count(), values.size());
    for (const double quantile : {0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 0.9999, 1.0}) {
      const auto exact = static_cast<double>(quantile_of(values, quantile).count());
      const auto classed = static_cast<double>(durations.quantile(quantile).count());
      EXPECT_GE(classed, exact) << quantile;
      EXPECT_LE(classed, exact * (1 + std::ldexp(1.0, -static_cast<int>(precision)))) << quantile;
    }
    EXPECT_EQ(durations.quantile(1), durations.max());
  }
}

TEST(Durations, AddedTogetherAreWhatOneWouldHave) {
  for (const std::size_t exact : {0U, 30U, 70U, 1'000U}) {
    Durations one(exact, 6), first(exact, 6), second(exact, 6);
    for (const nanoseconds value : some_durations(40, 3)) (first.add(value), one.add(value));
    for (const nanoseconds value : some_durations(50, 4)) (second.add(value), one.add(value));
    first.add(second);
    EXPECT_EQ(first.count(), 90U);
    for (const double quantile : {0.0, 0.3, 0.5, 0.9, 1.0}) {
      EXPECT_EQ(first.quantile(quantile), one.quantile(quantile)) << exact << ", " << quantile;
    }
  }
}

TEST(Durations, HaveEndsLikeOthers) {
  const Durations none(0, 6);
  EXPECT_EQ(none.quantile(0.5), nanoseconds(0));
  Durations ends(0, 6);
  ends.add(nanoseconds(-5));
  ends.add(nanoseconds::max());
  EXPECT_EQ(ends.quantile(0), nanoseconds(0));
  EXPECT_EQ(ends.quantile(1), nanoseconds::max());
}

}  // namespace
}  // namespace ordeal::harness
