#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "workloads/catalogue.h"
#include "workloads/workload.h"

namespace ordeal::workloads {
namespace {

using checker::Event;
using checker::EventType;
using testing::ElementsAre;

std::string session_of(const Operation& operation) {
  return *operation.value.find("session")->get_if<std::string>() + "/" +
         std::to_string(*operation.value.find("serial")->get_if<std::int64_t>());
}

Event returned(const Operation& operation, checker::Process process, EventType type) {
  Event event;
  event.process = process;
  event.type = type;
  event.f = operation.f;
  event.key = operation.key;
  return event;
}

const CounterSpec only_increments{.operations_per_session = 3, .read_share = 0};

TEST(CounterWorkload, EachProcessHasSessionsOfItsOwnWhoseSerialsCountFromOne) {
  const auto generator = make_counter_generator(only_increments, 1);
  std::vector<std::string> first;
  for (int i = 0; i < 5; ++i) first.push_back(session_of(generator->next(4)));
  EXPECT_THAT(first, ElementsAre("4-0/1", "4-0/2", "4-0/3", "4-1/1", "4-1/2"));
  EXPECT_EQ(session_of(generator->next(7)), "7-0/1");
}

TEST(CounterWorkload, ASerialThatCertainlyNeverHappensIsUsedAgain) {
  const auto generator = make_counter_generator(only_increments, 1);
  const Operation first = generator->next(0);
  generator->returned(returned(first, 0, EventType::fail));
  EXPECT_EQ(session_of(generator->next(0)), "0-0/1") << "a session that begins with serial 2 is unknown to the target";
}

TEST(CounterWorkload, NoSerialIsUsedTwiceAfterAnAnswer) {
  const auto generator = make_counter_generator({.operations_per_session = 4}, 1);
  std::set<std::string> used;
  for (int i = 0; i < 3000; ++i) {
    const Operation operation = generator->next(i % 5);
    const bool is_new = operation.f != "increment" || used.insert(session_of(operation)).second;
    EXPECT_TRUE(is_new);
    generator->returned(returned(operation, i % 5, EventType::ok));
  }
}

TEST(CounterWorkload, TheGivenPartOfTheIncrementsIsSentAgainAndFewOfThemLate) {
  for (const int percent : {0, 30, 100}) {
    const auto generator = make_counter_generator({.read_share = 0, .again_percent = percent}, 5);
    std::map<std::int64_t, int> delays;
    for (int i = 0; i < 20'000; ++i) {
      const Operation operation = generator->next(0);
      if (const checker::Value* again = operation.value.find("again")) ++delays[*again->get_if<std::int64_t>()];
    }
    EXPECT_NEAR(delays[0] + delays[1000], 200 * percent, 400);
    EXPECT_NEAR(delays[1000], percent, 40);
    EXPECT_EQ(delays.size(), 2U);
  }
}

TEST(CounterWorkload, CountersAreReplacedAndTheOldOnesStillRead) {
  const auto generator = make_counter_generator({.keys = 2, .operations_per_key = 20}, 3);
  std::map<std::string, int> increments;
  std::set<std::string> read;
  for (int i = 0; i < 4000; ++i) {
    const Operation operation = generator->next(0);
    if (operation.f == "increment") ++increments[operation.key];
    if (operation.f == "read") read.insert(operation.key);
  }
  for (const auto& [key, count] : increments) EXPECT_LE(count, 20) << key;
  EXPECT_GT(increments.size(), 150U);
  EXPECT_GT(read.size(), 100U);
  EXPECT_EQ(generator->final_reads().size(), std::stoull(generator->final_reads().front().key) + 1);
  EXPECT_GE(generator->final_reads().size(), increments.size());
}

TEST(CounterWorkload, IsInTheCatalogue) {
  ASSERT_NE(workload_named("counter"), nullptr);
  EXPECT_THAT(workload_named("counter")->checks,
              ElementsAre("counter", "liveness", "availability", "log-alarms", "status"));
  EXPECT_EQ(name_of(WorkloadSpec(CounterSpec{})), "counter");
  EXPECT_EQ(name_of(WorkloadSpec()), "register");
}

}  // namespace
}  // namespace ordeal::workloads
