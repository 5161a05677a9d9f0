#include "harness/report/comparison.h"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

FaultSpan span(const std::string& fault, std::chrono::nanoseconds injected,
               std::optional<std::chrono::nanoseconds> healed) {
  FaultSpan span;
  span.fault = fault;
  span.injected = injected;
  span.healed = healed;
  return span;
}

TEST(LongestStalls, BelongToTheFaultsThatTheyTouched) {
  // Answers at 1, 2, 3, 7, 8 and 9 s of a load from 0 to 12 s.
  const std::vector<std::chrono::nanoseconds> ok{1s, 2s, 3s, 7s, 8s, 9s};
  struct Case {
    FaultSpan span;
    std::chrono::nanoseconds longest;
  };
  const Case cases[] = {
      {span("f", 2500ms, 4s), 4s},           // began in a gap of 1 s, healed in that of 4 s
      {span("f", 4s, 5s), 4s},               // within it
      {span("f", 1500ms, 1700ms), 1s},       //
      {span("f", 8500ms, std::nullopt), 3s}  // never healed: to the end of the load
  };
  for (const Case& one : cases) {
    EXPECT_THAT(longest_stalls(ok, {one.span}, 0s, 12s), ElementsAre(Pair("f", one.longest)));
  }
}

TEST(LongestStalls, OfOneFaultAreTheLongestOfAllItsSpans) {
  EXPECT_THAT(
      longest_stalls({1s, 2s, 5s, 6s}, {span("a", 1s, 1s), span("b", 5500ms, 5600ms), span("a", 3s, 4s)}, 0s, 6s),
      ElementsAre(Pair("a", 3s), Pair("b", 1s)));
}

TEST(LongestStalls, WithoutAnyAnswerAreTheWholeLoad) {
  EXPECT_THAT(longest_stalls({}, {span("a", 3s, 4s)}, 1s, 9s), ElementsAre(Pair("a", 8s)));
}

TEST(Comparison, IsATableOfRunsAndOneOfFaults) {
  const std::vector<ComparedRun> runs{
      {.target = "raftd",
       .seed = 7,
       .verdict = "valid",
       .ok_per_second = 1234.5,
       .latencies = {.p50 = 1ms, .p99 = 6ms, .max = 1s},
       .longest_stall = 2s,
       .stalls = {{"kill leader", 500ms}},
       .folder = "store/a"},
      {.target = "etcd", .seed = 7, .verdict = "invalid", .why = "a stale read", .stalls = {{"kill leader", 900ms}}},
      {.target = "etcd", .seed = 8, .verdict = "valid", .stalls = {{"kill leader", 1500ms}, {"pause one", 0ms}}},
  };
  const std::string table = to_table(runs);
  EXPECT_THAT(table, HasSubstr("raftd                               7  valid                 123"));
  EXPECT_THAT(table, HasSubstr("  kill leader                              500 ms          1.5 s\n"));
  EXPECT_THAT(table, HasSubstr("  pause one                                     -           0 ns\n"));
  EXPECT_THAT(table, HasSubstr("etcd, seed 7\n  a stale read"));
  const boost::json::value json = boost::json::parse(to_json(runs));
  EXPECT_EQ(json.at(2).at("stalls_ns").at("kill leader"), 1'500'000'000);
  EXPECT_EQ(json.at(1).at("verdict"), "invalid");
}

}  // namespace
}  // namespace ordeal::harness
