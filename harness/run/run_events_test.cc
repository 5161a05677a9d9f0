#include "harness/run/run_events.h"

#include <gtest/gtest.h>

#include "checker/formats/history_reader.h"
#include "checker/formats/json_lines.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;

// What a later `ordeal check` sees of an event.
checker::Event reread(const checker::Event& event) {
  return checker::read_history(checker::write_json_line(event) + "\n", "test").events.at(0);
}

TEST(RunEvents, SurviveTheHistoryFile) {
  const auto began = run_began_of(reread(run_began_event(
      {.seed = 18446744073709551615u, .started = "2026-11-21T01:00:00Z", .command = "ordeal run 'a b'"})));
  ASSERT_TRUE(began);
  EXPECT_EQ(began->seed, 18446744073709551615u);
  EXPECT_EQ(began->started, "2026-11-21T01:00:00Z");
  EXPECT_EQ(began->command, "ordeal run 'a b'");

  const NodeExit exit{.node = "n2", .time = 0s, .expected = false, .status = "signal 6", .last_lines = {"a \"b\"", ""}};
  EXPECT_EQ(exit_of(reread(exit_event(exit))), exit);

  EXPECT_EQ(stage_of(reread(stage_event(stage::healed))), "healed");

  const SeenViolation seen{.time = 0s, .check = "set", .summary = "element 7 is lost", .ended_load = false};
  EXPECT_EQ(violation_of(reread(violation_event(seen))), seen);
  EXPECT_FALSE(violation_of(reread(stage_event(stage::healed))));

  const FrozenNode frozen{.node = "n1",
                          .folder = "nodes/n1/frozen",
                          .files = 3,
                          .bytes = 4096,
                          .status = "no answer (timeout)",
                          .skipped = {"data/big: too large"}};
  EXPECT_EQ(frozen_of(reread(frozen_event(frozen))), frozen);
}

TEST(RunEvents, OfAViolationWithoutFurtherWordsSayThatItEndedTheLoad) {
  const auto seen = violation_of(stage_event(stage::violation));
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->ended_load);
  EXPECT_EQ(seen->check, "");
}

TEST(RunEvents, TellANodeThatCameBackFromOneThatDidNot) {
  const auto back =
      recovery_of(reread(recovery_event({.node = "n1", .after = 812ms, .attempts = 3, .last_error = "timeout"})));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->after, 812ms);
  EXPECT_EQ(back->attempts, 3u);
  const auto lost =
      recovery_of(reread(recovery_event({.node = "n1", .after = {}, .attempts = 9, .last_error = "refused"})));
  ASSERT_TRUE(lost);
  EXPECT_FALSE(lost->after);
  EXPECT_EQ(lost->last_error, "refused");
}

TEST(RunEvents, OfFaultsAreWhatTheReportCounts) {
  nemesis::ScheduledFault fault;
  fault.id = 4;
  fault.fault = nemesis::Partition{nemesis::PartitionKind::halves};
  checker::History history{
      fault_event(fault, "injected", {.nodes = {}, .grudge = {{"n1", {"n2", "n3"}}}}, {}),
      fault_event(fault, "healed", {}, {.effect = true, .counts = {{"dropped_packets", 112}}, .note = ""})};
  for (checker::Event& event : history) event = reread(event);
  Results results;
  count_history(history, results);
  EXPECT_EQ(results.faults.at("partition halves"), (FaultCounts{.injected = 1, .with_effect = 1}));
}

TEST(RunEvents, OfClientsAreNoneOfThem) {
  checker::Event event;
  event.f = "stage";
  event.process = 3;
  EXPECT_FALSE(stage_of(event));
  EXPECT_FALSE(exit_of(event));
  EXPECT_FALSE(recovery_of(event));
}

}  // namespace
}  // namespace ordeal::harness
