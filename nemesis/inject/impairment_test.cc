#include "nemesis/inject/impairment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace ordeal::nemesis {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::vector<Fate> fates(const Packets& fault, int count = 20'000, nanoseconds gap = milliseconds(1)) {
  Impairment impairment(fault, 7);
  std::vector<Fate> result;
  for (int i = 0; i < count; ++i) result.push_back(impairment.next(i * gap, {.bytes = 1000, .has_payload = true}));
  return result;
}

TEST(Impairment, StrikesThePercentageThatWasAskedForInBursts) {
  struct Case {
    PacketKind kind;
    std::function<bool(const Fate&)> struck;
  };
  const std::vector<Case> cases{
      {PacketKind::loss, [](const Fate& f) { return f.lost; }},
      {PacketKind::duplicate, [](const Fate& f) { return f.twice; }},
      {PacketKind::reorder, [](const Fate& f) { return f.hold == nanoseconds(0); }},
      {PacketKind::corrupt, [](const Fate& f) { return f.broken && !f.mended; }},
      {PacketKind::corrupt_payload, [](const Fate& f) { return f.broken && f.mended; }},
  };
  for (const Case& c : cases) {
    for (const int correlation : {0, 75}) {
      PacketSettings settings;
      settings.correlation = correlation;
      int struck = 0, again = 0;
      bool before = false;
      for (const Fate& fate : fates({.kind = c.kind, .settings = settings})) {
        const bool now = c.struck(fate);
        struck += now ? 1 : 0;
        again += now && before ? 1 : 0;
        before = now;
      }
      EXPECT_NEAR(struck / 20'000.0, 0.2, 0.02) << static_cast<int>(c.kind);
      const double after_one = again / static_cast<double>(struck);  // the share of those that follow a struck one
      EXPECT_NEAR(after_one, correlation == 0 ? 0.2 : 0.8, 0.03) << static_cast<int>(c.kind);
    }
  }
}

TEST(Impairment, DelaysHaveTheMeanAndTheSpreadThatWereAskedFor) {
  struct Case {
    Distribution distribution;
    double spread;  // standard deviation in ms
  };
  for (const Case c :
       {Case{Distribution::normal, 10}, {Distribution::uniform, 10 / std::sqrt(3)}, {Distribution::pareto, 10}}) {
    for (const int correlation : {0, 50}) {
      PacketSettings settings;
      settings.distribution = c.distribution;
      settings.delay_correlation = correlation;
      double sum = 0, squares = 0, products = 0, before = 0;
      const std::vector<Fate> all = fates({.kind = PacketKind::delay, .settings = settings}, 100'000);
      for (const Fate& fate : all) {
        const double off = std::chrono::duration<double, std::milli>(fate.hold).count() - 50;
        sum += off, squares += off * off, products += off * before;
        before = off;
      }
      const double n = static_cast<double>(all.size());
      EXPECT_NEAR(sum / n, 0, 0.5);
      EXPECT_NEAR(std::sqrt(squares / n), c.spread, c.spread * 0.15);
      EXPECT_NEAR(products / squares, correlation == 0 ? 0 : 0.4, 0.15);  // that of pareto is less than of its normal
    }
  }
}

TEST(Impairment, ADelayIsNeverNegative) {
  PacketSettings settings;
  settings.delay = milliseconds(1);
  settings.jitter = milliseconds(10);
  for (const Fate& fate : fates({.kind = PacketKind::delay, .settings = settings})) EXPECT_GE(fate.hold.count(), 0);
}

TEST(Impairment, ANarrowLinkLetsPacketsPassOneAfterTheOtherAndDropsWhatItsQueueCannotHold) {
  PacketSettings settings;
  settings.kbit = 8;  // 1000 bytes a second
  Impairment link({.kind = PacketKind::rate, .settings = settings}, 1);
  EXPECT_EQ(link.next(milliseconds(0), {.bytes = 100, .has_payload = true}).hold, milliseconds(100));
  EXPECT_EQ(link.next(milliseconds(0), {.bytes = 100, .has_payload = true}).hold, milliseconds(200));
  EXPECT_EQ(link.next(milliseconds(150), {.bytes = 100, .has_payload = true}).hold, milliseconds(150));
  EXPECT_EQ(link.next(milliseconds(5000), {.bytes = 50, .has_payload = false}).hold, milliseconds(50));
  int passed = 0;
  while (!link.next(milliseconds(6000), {.bytes = 1500, .has_payload = true}).lost) ++passed;
  EXPECT_EQ(passed, 1001);  // 1000 wait behind the one that passes
}

TEST(Impairment, ResetsConnectionsThatAreThereOrHaveGrownOldAndNoYoungOnes) {
  Packets fault{.kind = PacketKind::reset};
  fault.settings.period = milliseconds(500);
  Impairment link(fault, 1);
  const auto struck = [&](int at, std::uint32_t connection, bool opens) {
    return link.next(milliseconds(at), {.bytes = 60, .tcp = true, .opens = opens, .connection = connection})
        .ends_connection;
  };
  EXPECT_TRUE(struck(0, 1, false));
  EXPECT_FALSE(struck(10, 2, true));
  EXPECT_FALSE(struck(509, 2, false));
  EXPECT_TRUE(struck(510, 2, false));
  EXPECT_TRUE(struck(520, 1, false));  // whatever it still says
  EXPECT_FALSE(struck(530, 1, true));  // the same ports again
  EXPECT_FALSE(struck(540, 1, false));
  EXPECT_FALSE(link.next(milliseconds(0), {.bytes = 60}).ends_connection);  // no connection at all
}

TEST(Impairment, LateIsWhatAConnectionCarriesUntilItsSenderHasOpenedAnother) {
  Packets fault{.kind = PacketKind::late};
  fault.settings.period = milliseconds(400);
  Impairment link(fault, 1);
  const auto fate = [&](int at, std::uint32_t connection, bool opens) {
    return link.next(milliseconds(at), {.bytes = 60, .tcp = true, .opens = opens, .connection = connection});
  };
  EXPECT_EQ(fate(1000, 1, false).hold, milliseconds(400));
  EXPECT_FALSE(fate(1099, 1, false).resets_sender);
  EXPECT_TRUE(fate(1100, 1, false).resets_sender);
  EXPECT_EQ(fate(1100, 1, false).hold, milliseconds(300));
  EXPECT_EQ(fate(1150, 2, true).hold, milliseconds(0));
  EXPECT_EQ(fate(1160, 2, false).hold, milliseconds(0));
  EXPECT_EQ(fate(1500, 1, false).hold, milliseconds(0));
  EXPECT_EQ(fate(1550, 2, false).hold, milliseconds(400));  // it is old by now
}

TEST(Impairment, WhatHasNoPayloadIsNotCorrupted) {
  PacketSettings settings;
  settings.percent = 100;
  Impairment link({.kind = PacketKind::corrupt_payload, .settings = settings}, 1);
  EXPECT_FALSE(link.next(nanoseconds(0), {.bytes = 40, .has_payload = false}).broken);
  EXPECT_TRUE(link.next(nanoseconds(0), {.bytes = 41, .has_payload = true}).broken);
}

}  // namespace
}  // namespace ordeal::nemesis
