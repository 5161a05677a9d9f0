#include "harness/report/time_slices.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

Event event(int at_ms, checker::Process process, EventType type) {
  Event event;
  event.time = milliseconds(at_ms);
  event.process = process;
  event.type = type;
  event.f = "read";
  return event;
}

TEST(TimeSlices, AStepIsTheSmallestRoundOneOfWhichFewEnoughAreNeeded) {
  struct Case {
    std::int64_t span, most, step;
  };
  const std::vector<Case> cases = {
      {0, 10, 1},   {10, 10, 1},        {11, 10, 2}, {50, 10, 5},
      {51, 10, 10}, {65'600, 200, 500}, {7, 0, 10},  {INT64_MAX, 10, 1'000'000'000'000'000'000}};
  for (const Case& c : cases) {
    EXPECT_EQ(round_step(nanoseconds(c.span), static_cast<std::size_t>(c.most)).count(), c.step) << c.span;
  }
}

TEST(TimeSlices, AnOperationIsCountedWhereItReturnedOrWhereItWasCalledWhenItNeverDid) {
  const TimeSlices slices =
      slice_history({event(5, 0, EventType::invoke), event(15, 0, EventType::ok), event(16, 0, EventType::invoke),
                     event(19, 0, EventType::ok), event(22, 0, EventType::invoke), event(38, 0, EventType::fail),
                     event(35, 1, EventType::invoke), event(39, 1, EventType::info), event(41, 2, EventType::invoke),
                     event(90, 3, EventType::ok)},
                    milliseconds(50), 5);
  EXPECT_EQ(slices.width, milliseconds(10));
  ASSERT_EQ(slices.slices.size(), 5U);
  EXPECT_EQ(slices.slices[0].ok, 0U);
  EXPECT_EQ(slices.slices[1].ok, 2U);
  EXPECT_EQ(slices.slices[1].p50, milliseconds(3));
  EXPECT_EQ(slices.slices[1].max, milliseconds(10));
  EXPECT_EQ(slices.slices[3].fail, 1U);
  EXPECT_EQ(slices.slices[3].info, 1U);
  EXPECT_EQ(slices.slices[4].info, 1U) << "the call that never returned";
  EXPECT_EQ(slices.slices[4].ok, 1U) << "what lies beyond the end is not lost";
  EXPECT_EQ(slices.slices[4].max, nanoseconds(0)) << "a return without a call has no latency";
}

// The slow twin puts each time into its slice by division.
TEST(TimeSlices, OfAHistoryWhoseEndIsNotKnownBeforeAreExact) {
  for (const std::int64_t step : {1LL, 7LL, 1'234'567LL, 3'000'000'000'000LL}) {
    TimeSlicer slicer;
    constexpr std::int64_t times = 5'000;
    for (std::int64_t i = 0; i < times; ++i) slicer.add(nanoseconds(i * step), EventType::ok, nanoseconds(i));
    const nanoseconds end((times - 1) * step);
    const TimeSlices slices = slicer.slices(end, TimeSlicer::most_slices);
    EXPECT_EQ(slices.width, round_step(end, TimeSlicer::most_slices));
    std::vector<std::uint64_t> twin(slices.slices.size());
    for (std::int64_t i = 0; i < times; ++i) {
      const auto at = static_cast<std::size_t>(i * step / slices.width.count());
      ++twin[std::min(at, twin.size() - 1)];
    }
    for (std::size_t at = 0; at < twin.size(); ++at) EXPECT_EQ(slices.slices[at].ok, twin[at]) << step << ", " << at;
    EXPECT_EQ(slices.slices.back().max, nanoseconds(times - 1));
  }
}

TEST(TimeSlices, AnEmptyHistoryIsOneEmptySlice) {
  EXPECT_EQ(slice_history({}, nanoseconds(0), 200).slices.size(), 1U);
}

}  // namespace
}  // namespace ordeal::harness
