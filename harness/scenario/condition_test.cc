#include "harness/scenario/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/scenario/observer.h"

namespace ordeal::harness {
namespace {

using ::testing::HasSubstr;

Known known() {
  Known known;
  known.nodes = {{"L", "n2"}, {"M", "n3"}, {"H", "n3"}};
  known.notes = {{"base", std::int64_t{7}}};
  known.views["n2"].status = {{"term", std::int64_t{3}}, {"role", std::string("follower")}};
  known.views["n2"].metrics = {{"elections", 4}};
  known.views["n3"].silent = "timeout";
  return known;
}

Judged judged(const std::string& text) {
  const auto condition = parse_condition(text);
  EXPECT_TRUE(std::holds_alternative<Condition>(condition)) << text;
  return decide(std::get<Condition>(condition), known());
}

TEST(Condition, HoldsOrNotByWhatWasObserved) {
  const struct {
    std::string text;
    bool holds;
  } table[] = {
      {"L.term == 3", true},
      {"L.term != 3", false},
      {"L.term < base", true},
      {"L.term + 4 >= base", true},
      {"L.term + 4 > base", false},
      {"base - L.term - 4 <= 0", true},
      {"L.role == \"follower\"", true},
      {"L.role == \"a leader\"", false},
      {"L.metrics.elections == 4", true},
      {"M == H", true},
      {"M == L", false},
  };
  for (const auto& row : table) EXPECT_EQ(judged(row.text).holds, row.holds) << row.text;
}

TEST(Condition, TellsASilentNodeFromWhatTheTargetDoesNotTell) {
  EXPECT_THAT(judged("M.term == 3").silent, HasSubstr("timeout"));
  EXPECT_THAT(judged("L.commit == 3").lacking, HasSubstr("commit"));
  EXPECT_THAT(judged("L.role > 3").lacking, HasSubstr("no number"));
  EXPECT_EQ(judged("M.term == 3").holds, std::nullopt);
}

TEST(Condition, SaysWhatItSaw) {
  EXPECT_EQ(judged("L.term > base").seen, "L.term = 3, base = 7");
}

TEST(Condition, OfSeveralTheFirstThatDoesNotHoldDecides) {
  const auto one = std::get<Condition>(parse_condition("L.term == 3"));
  const auto other = std::get<Condition>(parse_condition("L.term == 4"));
  EXPECT_TRUE(decide({one, one}, known()).holds.value_or(false));
  EXPECT_FALSE(decide({one, other}, known()).holds.value_or(true));
}

TEST(Condition, WhatIsNoneIsRefusedWithTheCure) {
  for (const std::string text : {"", "L.term", "L.term>3", "L.term > ", "> 3", "L.term 3 > 4", "L. > 3", "l.term > 3",
                                 "L.term > 3 +", "x! > 3"}) {
    const auto parsed = parse_condition(text);
    ASSERT_TRUE(std::holds_alternative<Mistake>(parsed)) << text;
    EXPECT_THAT(std::get<Mistake>(parsed).what, HasSubstr("; write ")) << text;
  }
}

TEST(StatusFields, AreTheScalarsOfTheAnswer) {
  const auto fields = status_fields(R"({"term":3,"role":"leader","voter":true,"leader":null,"members":[1]})");
  ASSERT_TRUE(fields);
  const std::map<std::string, Quantity> expected{
      {"term", std::int64_t{3}}, {"role", "leader"}, {"voter", "true"}, {"leader", "null"}};
  EXPECT_EQ(*fields, expected);
  EXPECT_EQ(status_fields("no json"), std::nullopt);
}

TEST(MetricSums, AddTheSamplesOfOneName) {
  const auto sums =
      metric_sums("# HELP sent Messages.\nsent{peer=\"2\"} 4\nsent{peer=\"a } b\"} 5.5\nterm 7\nbad\nnan NaN\n");
  const std::map<std::string, std::int64_t> expected{{"sent", 9}, {"term", 7}};
  EXPECT_EQ(sums, expected);
}

}  // namespace
}  // namespace ordeal::harness
