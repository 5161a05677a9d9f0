#include "harness/report/witness_json.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "harness/report/testing/sample_runs.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using checker::History;

Event event(checker::Process process, EventType type, const char* f, const checker::Value& value) {
  static std::uint64_t index = 0;
  return {.index = index++, .process = process, .type = type, .f = f, .key = "k\"<1>", .value = value};
}

History history_of(std::initializer_list<Event> events) {
  History history = events;
  for (std::size_t at = 0; at < history.size(); ++at) history[at].index = at;
  return history;
}

TEST(WitnessJson, HoldsAllThatTheDocumentationPromises) {
  const History history = history_of({event(0, EventType::invoke, "write", 1), event(0, EventType::ok, "write", 1),
                                      event(1, EventType::invoke, "write", 2), event(1, EventType::ok, "write", 2),
                                      event(2, EventType::invoke, "read", {}), event(2, EventType::ok, "read", 1)});
  const checker::LinearizableResult result = check_linearizable(history, {});
  ASSERT_TRUE(result.finding.witness.has_value());
  const boost::json::value json = boost::json::parse(boost::json::serialize(witness_json(*result.finding.witness)));
  EXPECT_EQ(json.at("key").as_string(), "k\"<1>");
  EXPECT_EQ(json.at("culprit").as_int64(), 5);
  EXPECT_EQ(json.at("prefix").at("last_event").as_int64(), 5);
  EXPECT_EQ(json.at("prefix").at("operations").as_int64(), 3);
  EXPECT_EQ(json.at("operation").at("call").at("index").as_int64(), 4);
  EXPECT_EQ(json.at("operation").at("completion").at("value").as_int64(), 1);
  EXPECT_EQ(json.at("last_configurations").at(0).at("state").as_string(), "the register could be 2");
  EXPECT_EQ(json.at("last_configurations").at(0).at("pending").as_string(), "");
  EXPECT_EQ(json.at("last_configurations").at(0).at("why_not").as_string(), "reading 1 is refused: it holds 2");
  EXPECT_EQ(json.at("operations").as_array().size(), 6U);
  EXPECT_EQ(json.at("operations_in_all").as_int64(), 3);
  EXPECT_EQ(json.at("begins").as_string(), "");
  EXPECT_EQ(boost::json::serialize(json.at("order")), "[0,2]");
  EXPECT_EQ(boost::json::serialize(json.at("blocks").at("values")), "[\"1\",\"2\"]");
  EXPECT_EQ(boost::json::serialize(json.at("blocks").at("operations")), "[0,2,4]");
  EXPECT_TRUE(json.at("confirmed").as_bool());
}

TEST(WitnessJson, OfOtherChecksLeavesOpenWhatTheyDoNotSay) {
  const boost::json::object json = witness_json(checker::Witness{});
  EXPECT_TRUE(json.at("blocks").is_null());
  EXPECT_TRUE(json.at("confirmed").is_null());
  EXPECT_TRUE(json.at("key").is_null());
}

TEST(Orders, AreShownOperationByOperationWhereTheyAreShort) {
  History history = history_of({event(0, EventType::invoke, "write", 1), event(1, EventType::invoke, "read", {}),
                                event(1, EventType::ok, "read", checker::Nil{}), event(0, EventType::ok, "write", 1)});
  EXPECT_EQ(orders_text(checker::orders_of(history, {})),
            "key k\"<1>: could have happened in this order, which was verified by replay\n"
            "    1  process 1's read of nil (called at event 1)\n"
            "    2  process 0's write of 1 (called at event 0)\n");
  EXPECT_EQ(boost::json::serialize(orders_json(checker::orders_of(history, {}))),
            "[{\"key\":\"k\\\"<1>\",\"operations\":2,\"verified\":true,\"order\":[1,0]}]");
  history[2].value = 7;
  EXPECT_EQ(orders_text(checker::orders_of(history, {})),
            "key k\"<1>: no order of its 2 operations was found within the bounds; the verdict does not rest on one\n");
}

TEST(Orders, AreCountedWhereTheyAreLong) {
  History history;
  for (int at = 0; at < 3000; ++at) {
    history.push_back(event(at / 2, at % 2 == 0 ? EventType::invoke : EventType::ok, "write", at / 2));
    history.back().index = history.size() - 1;
    history.back().key = std::nullopt;
  }
  const std::vector<checker::ObjectOrder> orders = checker::orders_of(history, {});
  EXPECT_EQ(orders_text(orders),
            "the history: 1,500 operations in an order that was verified by replay (all of it with --json)\n");
  ASSERT_EQ(orders.size(), 1U);
  EXPECT_EQ(orders[0].calls.size(), 1500U);
}

}  // namespace
}  // namespace ordeal::harness
