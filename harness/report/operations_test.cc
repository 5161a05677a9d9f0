#include "harness/report/operations.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using checker::List;
using checker::Nil;
using checker::Value;

Event event(checker::Process process, EventType type, const char* f, Value value, const char* error = "") {
  Event event;
  event.process = process;
  event.type = type;
  event.f = f;
  event.value = std::move(value);
  event.error = error;
  return event;
}

TEST(Operations, PairsEachCallWithTheReturnOfItsProcess) {
  const checker::History history = {event(0, EventType::invoke, "write", 1), event(1, EventType::invoke, "read", Nil{}),
                                    event(checker::nemesis_process, EventType::info, "kill", Nil{}),
                                    event(0, EventType::ok, "write", 1), event(1, EventType::ok, "read", 1)};
  const std::vector<PairedOperation> operations = pair_operations(history);
  ASSERT_EQ(operations.size(), 2U);
  EXPECT_EQ(operations[0].call, &history[0]);
  EXPECT_EQ(operations[0].completion, &history[3]);
  EXPECT_EQ(operations[1].completion, &history[4]);
}

TEST(Operations, WhatTheCheckerWouldRefuseIsStillShown) {
  const checker::History history = {event(0, EventType::ok, "read", 5),       // a return without a call
                                    event(1, EventType::invoke, "write", 1),  // never returns:
                                    event(1, EventType::invoke, "write", 2),  // its process calls again
                                    event(1, EventType::ok, "write", 2)};
  const std::vector<PairedOperation> operations = pair_operations(history);
  ASSERT_EQ(operations.size(), 3U);
  EXPECT_EQ(operations[0].call, nullptr);
  EXPECT_EQ(operations[1].outcome(), EventType::info);
  EXPECT_EQ(operations[2].completion, &history[3]);
}

TEST(Operations, AreSaidAsAPersonWouldSayThem) {
  const Event read = event(1, EventType::invoke, "read", Nil{});
  const Event read_41 = event(1, EventType::ok, "read", 41);
  const Event read_nil = event(1, EventType::ok, "read", Nil{});
  const Event write = event(1, EventType::invoke, "write", 41);
  const Event written = event(1, EventType::ok, "write", 41);
  const Event timeout = event(1, EventType::info, "write", 41, "timeout");
  const Event cas = event(1, EventType::invoke, "cas", List{1, 2});
  const Event mismatch = event(1, EventType::fail, "cas", List{1, 2}, "mismatch");
  const Event failed = event(1, EventType::fail, "cas", List{1, 2});
  const Event set_read = event(1, EventType::invoke, "read", checker::Map{{"from", 1}, {"to", 50}});
  const Event set_seen = event(1, EventType::ok, "read", List{1, 3});
  const Event increment =
      event(1, EventType::invoke, "increment", checker::Map{{"delta", 1}, {"session", "1-0"}, {"serial", 2}});
  const Event counted = event(1, EventType::ok, "increment", checker::Map{{"value", 2}, {"index", 9}});
  const Event counted_twice =
      event(1, EventType::ok, "increment",
            checker::Map{{"value", 2}, {"index", 9}, {"again", checker::Map{{"value", 3}, {"index", 10}}}});
  struct Case {
    PairedOperation operation;
    std::string call, outcome;
  };
  const std::vector<Case> cases = {
      {{&read, &read_41}, "read", "41"},
      {{&read, &read_nil}, "read", "nil"},
      {{&write, &written}, "write 41", "ok"},
      {{&write, &timeout}, "write 41", "info: timeout"},
      {{&write, nullptr}, "write 41", "no return"},
      {{&cas, &mismatch}, "cas 1 to 2", "fail: mismatch"},
      {{&cas, &failed}, "cas 1 to 2", "fail"},
      {{nullptr, &read_41}, "read", "41"},
      {{&set_read, &set_seen}, "read 1..50", "[1, 3]"},
      {{&increment, &counted}, "increment by 1", "2"},
      {{&increment, &counted_twice}, "increment by 1", "2, and when sent again 3"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(call_text(c.operation), c.call);
    EXPECT_EQ(outcome_text(c.operation), c.outcome);
  }
}

TEST(Operations, ValuesOfEveryKindHaveAShortText) {
  EXPECT_EQ(value_text(Value{}), "nil");
  EXPECT_EQ(value_text(true), "true");
  EXPECT_EQ(value_text(std::int64_t{-3}), "-3");
  EXPECT_EQ(value_text(1.5), "1.5");
  EXPECT_EQ(value_text(std::numeric_limits<double>::quiet_NaN()), "no number");
  EXPECT_EQ(value_text("a\x1b"), "\"a\\x1b\"");
  EXPECT_EQ(value_text(List{1, "x", Nil{}}), "[1, \"x\", nil]");
  EXPECT_EQ(value_text(checker::Map{{"a", 1}, {"b", List{}}}), "{a: 1, b: []}");
  EXPECT_EQ(value_text(List(100'000, 7)).size(), 59 + std::string("…").size());
}

}  // namespace
}  // namespace ordeal::harness
