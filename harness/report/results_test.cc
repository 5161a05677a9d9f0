#include "harness/report/results.h"

#include <gtest/gtest.h>

#include "harness/report/fault_spans.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using checker::History;
using checker::Map;
using checker::Value;
using std::chrono::milliseconds;

Event event(int at_ms, checker::Process process, EventType type, const char* f, const char* error = "") {
  Event event;
  event.time = milliseconds(at_ms);
  event.process = process;
  event.type = type;
  event.f = f;
  event.error = error;
  return event;
}

Event nemesis(int at_ms, const char* f, Map value) {
  Event e = event(at_ms, checker::nemesis_process, EventType::info, f);
  e.value = std::move(value);
  return e;
}

Results counted(const History& history, int load_began_ms = 0, int load_ended_ms = 0) {
  Results results;
  results.load_began = milliseconds(load_began_ms);
  results.load_ended = milliseconds(load_ended_ms);
  count_history(history, results);
  return results;
}

TEST(CountHistory, CountsEachOperationOnceByItsOutcomeAndAnOpenCallAsInfo) {
  const Results results =
      counted({event(0, 0, EventType::invoke, "write"), event(1, 1, EventType::invoke, "read"),
               event(2, 0, EventType::ok, "write"), event(3, 1, EventType::fail, "read", "timeout"),
               event(4, 0, EventType::invoke, "write"), event(5, 0, EventType::info, "write", "timeout"),
               event(6, 2, EventType::invoke, "cas")});
  const std::map<std::string, OutcomeCounts> expected = {{"write", {.ok = 1, .fail = 0, .info = 1}},
                                                         {"read", {.ok = 0, .fail = 1, .info = 0}},
                                                         {"cas", {.ok = 0, .fail = 0, .info = 1}}};
  EXPECT_EQ(results.operations, expected);
  EXPECT_EQ(results.errors, (std::map<std::string, std::uint64_t>{{"timeout", 2}}));
}

TEST(CountHistory, TheNemesisIsNoClient) {
  const Results results =
      counted({nemesis(0, "kill", {{"id", 1}, {"phase", "injected"}, {"fault", "kill one"}}),
               event(1, checker::nemesis_process, EventType::info, "kill", "not an error of the target")});
  EXPECT_TRUE(results.operations.empty());
  EXPECT_TRUE(results.errors.empty());
}

TEST(CountHistory, LatenciesAreThoseOfOkByNearestRank) {
  History history;
  for (int at = 1; at <= 200; ++at) {
    history.push_back(event(1000 * at, 0, EventType::invoke, "read"));
    history.push_back(event(1000 * at + at, 0, at == 200 ? EventType::fail : EventType::ok, "read"));
  }
  const Latencies expected = {.p50 = milliseconds(100), .p99 = milliseconds(198), .max = milliseconds(199)};
  EXPECT_EQ(counted(history).latencies, expected);
  EXPECT_EQ(counted({}).latencies, Latencies{});
}

TEST(CountHistory, AFaultsEffectIsWhatItsHealingSaysOrItsInjectionWhenNeverHealed) {
  const Results results = counted({
      nemesis(0, "kill", {{"id", 1}, {"phase", "injected"}, {"fault", "kill one"}, {"effect", true}}),
      nemesis(1, "kill", {{"id", 2}, {"phase", "injected"}, {"fault", "kill one"}, {"effect", true}}),
      nemesis(2, "partition", {{"id", 3}, {"phase", "injected"}, {"fault", "partition halves"}, {"effect", false}}),
      nemesis(3, "kill", {{"id", 1}, {"phase", "healed"}, {"fault", "kill one"}, {"effect", false}}),
      nemesis(4, "partition", {{"id", 3}, {"phase", "healed"}, {"fault", "partition halves"}, {"effect", true}}),
      nemesis(5, "pause", {{"id", 4}, {"phase", "injected"}, {"fault", "pause one"}}),
      nemesis(6, "odd", {{"phase", "injected"}}),
      nemesis(7, "odd", {{"id", 9}, {"phase", "healed"}}),
  });
  const std::map<std::string, FaultCounts> expected = {{"kill one", {.injected = 2, .with_effect = 1}},
                                                       {"partition halves", {.injected = 1, .with_effect = 1}},
                                                       {"pause one", {.injected = 1, .with_effect = 0}}};
  EXPECT_EQ(results.faults, expected);
}

TEST(CountHistory, TheLongestStallIncludesTheEdgesOfTheLoadAndNothingBeyond) {
  const History history = {event(50, 0, EventType::invoke, "read"),  event(60, 0, EventType::ok, "read"),
                           event(300, 0, EventType::invoke, "read"), event(310, 0, EventType::fail, "read"),
                           event(350, 0, EventType::invoke, "read"), event(360, 0, EventType::ok, "read"),
                           event(900, 0, EventType::invoke, "read"), event(910, 0, EventType::ok, "read")};
  EXPECT_EQ(counted(history, 40, 400).longest_stall, milliseconds(300)) << "between two ok";
  EXPECT_EQ(counted(history, 40, 800).longest_stall, milliseconds(440)) << "until the load ended";
  EXPECT_EQ(counted(history, 100, 340).longest_stall, milliseconds(240)) << "no ok at all";
  EXPECT_EQ(counted(history).longest_stall, milliseconds(550)) << "without a load: the whole history";
  EXPECT_EQ(counted({}).longest_stall, milliseconds(0));
  EXPECT_EQ(counted({}, 100, 350).longest_stall, milliseconds(250)) << "nothing happened";
}

TEST(CountHistory, CountingTwiceGivesTheSame) {
  const History history = {event(0, 0, EventType::invoke, "read"), event(1, 0, EventType::fail, "read", "refused"),
                           nemesis(2, "kill", {{"id", 1}, {"phase", "injected"}, {"fault", "kill one"}})};
  Results results;
  count_history(history, results);
  count_history(history, results);
  EXPECT_EQ(results.operations.at("read").fail, 1U);
  EXPECT_EQ(results.errors.at("refused"), 1U);
  EXPECT_EQ(results.faults.at("kill one").injected, 1U);
}

TEST(FaultSpans, SayWhoWasStruckAndWhatWasSeen) {
  const Value both_ways =
      Map{{"n1", checker::List{"n3"}}, {"n2", checker::List{"n3"}}, {"n3", checker::List{"n1", "n2"}}};
  const Value one_way = Map{{"n1", checker::List{"n2", "n3"}}, {"n2", checker::List{}}};
  const std::vector<FaultSpan> spans = fault_spans({
      nemesis(10, "partition",
              {{"id", 1}, {"phase", "injected"}, {"fault", "partition halves"}, {"grudge", both_ways}}),
      nemesis(20, "partition", {{"id", 2}, {"phase", "injected"}, {"fault", "partition one-way"}, {"grudge", one_way}}),
      nemesis(30, "kill", {{"id", 3}, {"phase", "injected"}, {"nodes", checker::List{"n1", "n2"}}}),
      nemesis(40, "partition",
              {{"id", 1},
               {"phase", "healed"},
               {"effect", true},
               {"note", "late"},
               {"evidence", Map{{"dropped_packets", 112}, {"links", 4}}}}),
  });
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0].struck, "n1 n2 | n3");
  EXPECT_EQ(spans[0].healed, milliseconds(40));
  EXPECT_EQ(spans[0].evidence, "dropped_packets 112, links 4");
  EXPECT_EQ(spans[0].note, "late");
  EXPECT_TRUE(spans[0].effect);
  EXPECT_EQ(spans[1].struck, "n1 ⊘ n2 n3");
  EXPECT_EQ(spans[1].healed, std::nullopt);
  EXPECT_EQ(spans[2].struck, "n1, n2");
  EXPECT_EQ(spans[2].fault, "kill") << "a fault without a name has that of its kind";
  EXPECT_EQ(
      active_faults(spans, milliseconds(35), milliseconds(36)),
      "partition halves (n1 n2 | n3), partition one-way (n1 ⊘ n2 n3) without effect, kill (n1, n2) without effect");
  EXPECT_EQ(active_faults(spans, milliseconds(0), milliseconds(9)), "");
}

}  // namespace
}  // namespace ordeal::harness
