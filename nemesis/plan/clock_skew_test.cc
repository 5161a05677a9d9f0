#include "nemesis/plan/clock_skew.h"

#include <gtest/gtest.h>

#include <chrono>

namespace ordeal::nemesis {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t second = 1'000'000'000;
constexpr RealTime noon{.wall = 1'800'000'000 * second, .monotonic = 5'000 * second};

RealTime after_noon(double seconds) {
  const auto passed = static_cast<std::int64_t>(seconds * 1e9);
  return {.wall = noon.wall + passed, .monotonic = noon.monotonic + passed};
}

ClockChange change(ClockKind kind, ClockFace clock) {
  return {.selector = {}, .kind = kind, .clock = clock};
}
ClockChange jump(ClockFace clock, std::chrono::nanoseconds by) {
  ClockChange made = change(ClockKind::jump, clock);
  made.by = by;
  return made;
}
ClockChange drift(ClockFace clock, double rate) {
  ClockChange made = change(ClockKind::drift, clock);
  made.rate_ppm = static_cast<std::int64_t>(rate * 1e6);
  return made;
}
ClockChange strobe(std::chrono::nanoseconds by, std::chrono::nanoseconds period) {
  ClockChange made = change(ClockKind::strobe, ClockFace::wall);
  made.by = by;
  made.period = period;
  return made;
}

// Under one fault that begins at noon.
ClockSetting under(const ClockChange& one) {
  return setting_under({{one, noon}}, {}, &one, noon);
}

TEST(ClockSkew, EachKindShowsWhatItsNameSays) {
  const ClockFace wall = ClockFace::wall;
  struct Case {
    ClockChange change;
    double after;  // seconds since it began
    double off;    // seconds
  };
  const std::vector<Case> cases{
      {jump(wall, -60s), 0, -60},     {jump(wall, 288s), 9, 288},   {drift(wall, 2), 3, 3},
      {drift(wall, 0.5), 3, -1.5},    {drift(wall, 1), 3, 0},       {change(ClockKind::freeze, wall), 4, -4},
      {strobe(8s, 100ms), 0.05, 0},   {strobe(8s, 100ms), 0.15, 8}, {strobe(8s, 100ms), 0.25, 0},
      {strobe(-8s, 100ms), 0.15, -8},
  };
  for (const Case& c : cases) {
    const double shown = static_cast<double>(under(c.change).wall.at(after_noon(c.after).wall)) / 1e9;
    EXPECT_NEAR(shown, c.off, 2e-9) << "after " << c.after << " s, expected " << c.off;
    EXPECT_EQ(under(c.change).monotonic.at(after_noon(c.after).monotonic), 0);
  }
}

TEST(ClockSkew, BothClocksOfAnOscillatorGoWrongTogether) {
  for (const ClockChange& one : {drift(ClockFace::both, 1.25), jump(ClockFace::both, 7s)}) {
    const ClockSetting setting = under(one);
    EXPECT_EQ(setting.wall.at(after_noon(8).wall), setting.monotonic.at(after_noon(8).monotonic));
    EXPECT_NE(setting.wall.at(after_noon(8).wall), 0);
  }
}

TEST(ClockSkew, TheWallClockIsRightAgainWhenAllHasHealed) {
  const ClockChange one = drift(ClockFace::wall, 2), other = jump(ClockFace::wall, -5s);
  const ClockSetting first = under(one);
  const ClockSetting both = setting_under({{one, noon}, {other, after_noon(2)}}, first, &other, after_noon(2));
  EXPECT_EQ(both.wall.at(after_noon(2).wall), -3 * second);
  const ClockSetting last = setting_under({{other, after_noon(2)}}, both, nullptr, after_noon(3));
  EXPECT_EQ(last.wall.at(after_noon(4).wall), -5 * second) << "what is left of it is the jump alone";
  const ClockSetting none = setting_under({}, last, nullptr, after_noon(5));
  EXPECT_EQ(none.wall.at(after_noon(6).wall), 0);
}

TEST(ClockSkew, TheMonotonicClockRunsOnFromWhereItIsWhenItHeals) {
  const ClockFace monotonic = ClockFace::monotonic;
  struct Case {
    ClockChange change;
    double kept;  // seconds, after the three that it lasted
  };
  for (const Case& c : {Case{drift(monotonic, 2), 3}, Case{drift(monotonic, 0.5), -1.5}, Case{jump(monotonic, 9s), 9},
                        Case{change(ClockKind::freeze, monotonic), -3}}) {
    const ClockSetting healed = setting_under({}, under(c.change), nullptr, after_noon(3));
    for (const double later : {3, 4, 400}) {
      EXPECT_NEAR(static_cast<double>(healed.monotonic.at(after_noon(later).monotonic)) / 1e9, c.kept, 2e-9);
    }
  }
}

TEST(ClockSkew, TheMonotonicClockNeverGoesBackWhateverOverlaps) {
  const ClockFace monotonic = ClockFace::monotonic;
  const std::vector<ClockChange> some{change(ClockKind::freeze, monotonic), drift(monotonic, 0.5), drift(monotonic, 2),
                                      jump(monotonic, 1s), drift(monotonic, 0.01)};
  ClockSetting setting;
  std::vector<LastingChange> lasting;
  std::int64_t latest = noon.monotonic;
  double now = 0;
  const auto look = [&] {
    for (int i = 0; i < 10; ++i, now += 0.1) {
      const std::int64_t real = after_noon(now).monotonic;
      EXPECT_GE(real + setting.monotonic.at(real), latest - 1);
      latest = real + setting.monotonic.at(real);
    }
  };
  for (const ClockChange& one : some) {  // all begin, one after the other, and then end in that order
    lasting.push_back({one, after_noon(now)});
    setting = setting_under(lasting, setting, &one, after_noon(now));
    look();
  }
  while (!lasting.empty()) {
    lasting.erase(lasting.begin());
    setting = setting_under(lasting, setting, nullptr, after_noon(now));
    look();
  }
  EXPECT_EQ(setting.monotonic.slope, 0);
}

}  // namespace
}  // namespace ordeal::nemesis
