#include "nemesis/plan/clock_draw.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "nemesis/plan/names.h"

namespace ordeal::nemesis {
namespace {

using namespace std::chrono_literals;

std::vector<ClockChange> many(const ClockSpec& spec) {
  Draw draw(3);
  std::vector<ClockChange> changes;
  for (std::size_t i = 0; i < 400 * clock_choices(spec); ++i) {
    changes.push_back(clock_choice(spec, i % clock_choices(spec)));
    draw_amounts(changes.back(), spec, draw);
  }
  return changes;
}

TEST(DrawClockChange, StaysWithinWhatThePlanAllows) {
  const ClockSpec spec;
  for (const ClockChange& change : many(spec)) {
    const bool moved = change.kind == ClockKind::jump || change.kind == ClockKind::strobe;
    const auto by = std::chrono::nanoseconds(std::abs(change.by.count()));
    EXPECT_TRUE(moved ? by >= spec.by.least && by <= spec.by.most : by == 0ns) << to_string(Fault(change));
    EXPECT_TRUE(change.by >= 0ns || change.clock == ClockFace::wall) << to_string(Fault(change));
    EXPECT_GE(change.rate_ppm, change.kind == ClockKind::drift ? spec.least_rate_ppm : 1'000'000);
    EXPECT_LE(change.rate_ppm, change.kind == ClockKind::drift ? spec.most_rate_ppm : 1'000'000);
    EXPECT_EQ(change.period >= spec.period.least && change.period <= spec.period.most,
              change.kind == ClockKind::strobe);
    EXPECT_FALSE(change.kind == ClockKind::strobe && change.clock != ClockFace::wall);
  }
}

TEST(DrawClockChange, SmallAmountsAreAsLikelyAsLargeOnes) {
  ClockSpec spec;
  spec.kinds = {ClockKind::jump};
  spec.clocks = {ClockFace::wall};
  const std::vector<ClockChange> changes = many(spec);
  const auto share = [&](auto holds) {
    return static_cast<double>(std::ranges::count_if(changes, holds)) / static_cast<double>(changes.size());
  };
  EXPECT_NEAR(share([](const ClockChange& one) { return one.by < 0ns; }), 0.5, 0.06);
  EXPECT_NEAR(share([](const ClockChange& one) { return one.by > -1s && one.by < 1s; }), 0.45, 0.08);
  EXPECT_NEAR(share([](const ClockChange& one) { return one.by > 100s || one.by < -100s; }), 0.1, 0.06);
}

TEST(DrawClockChange, OneAmountIsThatAmount) {
  ClockSpec spec;
  spec.kinds = {ClockKind::jump, ClockKind::drift, ClockKind::strobe};
  spec.clocks = {ClockFace::wall};
  spec.by = {60s, 60s};
  spec.period = {7ms, 7ms};
  spec.least_rate_ppm = spec.most_rate_ppm = 1'500'000;
  std::set<std::string> texts;
  for (const ClockChange& change : many(spec)) texts.insert(to_string(Fault(change)) + " " + amount_of(change));
  EXPECT_TRUE(texts.contains("clock jump wall one by -60 s"));
  EXPECT_TRUE(texts.contains("clock jump wall leader by +60 s"));
  EXPECT_TRUE(texts.contains("clock drift wall minority at 1.5 times the rate"));
  EXPECT_TRUE(texts.contains("clock strobe wall one by -60 s every 0.007 s"));
  EXPECT_EQ(texts.size(), 15U) << "three targets of two jumps, a drift and two strobes";
}

}  // namespace
}  // namespace ordeal::nemesis
