#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "workloads/catalogue.h"
#include "workloads/workload.h"

namespace ordeal::workloads {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::int64_t bound(const Operation& read, const std::string& name) {
  return *read.value.find(name)->get_if<std::int64_t>();
}

// Draws the next operation and lets it end at once.
Operation next_done(Generator& generator, checker::EventType type = checker::EventType::ok) {
  const Operation operation = generator.next(0);
  checker::Event completion;
  completion.f = operation.f;
  completion.key = operation.key;
  completion.type = type;
  generator.returned(completion);
  return operation;
}

TEST(SetWorkload, HasFewReadsOpenSoThatMostClientsAdd) {
  const auto generator = make_set_generator({.add_share = 1, .read_share = 9}, 1);
  int reads = 0;
  for (int i = 0; i < 1000; ++i) reads += generator->next(i).f == "read" ? 1 : 0;
  EXPECT_EQ(reads, 2);
}

TEST(SetWorkload, AddsEachNumberOnceToTheSetThatItsRangeBelongsTo) {
  const auto generator = make_set_generator({.elements_per_set = 3}, 1);
  std::int64_t expected = 1;
  for (int i = 0; i < 1000; ++i) {
    const Operation operation = next_done(*generator);
    if (operation.f != "add") continue;
    EXPECT_EQ(operation.value, checker::Value(expected));
    EXPECT_EQ(operation.key, std::to_string((expected - 1) / 3));
    ++expected;
  }
  EXPECT_GT(expected, 900);
}

TEST(SetWorkload, AReadAsksForAllElementsOfItsSetThatWereDrawn) {
  const auto generator = make_set_generator({.elements_per_set = 10, .add_share = 4, .read_share = 1}, 1);
  std::int64_t drawn = 0;
  std::map<std::string, int> reads;
  for (int i = 0; i < 5000; ++i) {
    const Operation operation = next_done(*generator);
    if (operation.f == "add") {
      ++drawn;
      continue;
    }
    const std::int64_t set = std::stoll(operation.key);
    EXPECT_EQ(bound(operation, "from"), set * 10 + 1);
    EXPECT_EQ(bound(operation, "to"), std::min(drawn, set * 10 + 10));
    EXPECT_LE(bound(operation, "from"), bound(operation, "to"));
    ++reads[operation.key];
  }
  EXPECT_GT(reads.size(), 300U) << "old sets are read as well";
}

TEST(SetWorkload, EverySetIsReadSoonAfterItWasFilledAgainIfTheReadFails) {
  const auto generator = make_set_generator({.elements_per_set = 10, .add_share = 4, .read_share = 1}, 1);
  std::map<std::string, std::int64_t> served;  // set -> elements that were drawn when a read of it succeeded first
  std::int64_t drawn = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto type = i % 10 == 0 ? checker::EventType::fail : checker::EventType::ok;
    const Operation operation = next_done(*generator, type);
    if (operation.f == "add") ++drawn;
    const bool is_whole = operation.f == "read" && bound(operation, "to") % 10 == 0;
    if (is_whole && type == checker::EventType::ok) served.emplace(operation.key, drawn);
  }
  for (std::int64_t set = 0; set < drawn / 10 - 20; ++set) {
    ASSERT_TRUE(served.contains(std::to_string(set))) << set;
    EXPECT_LT(served[std::to_string(set)], set * 10 + 200) << set;
  }
}

TEST(SetWorkload, DrawsTheSharesOfTheMix) {
  const auto generator = make_set_generator({.add_share = 3, .read_share = 1}, 2);
  int reads = 0;
  for (int i = 0; i < 10'000; ++i) reads += next_done(*generator).f == "read" ? 1 : 0;
  EXPECT_NEAR(reads, 2500, 200);
}

TEST(SetWorkload, AtTheEndEverySetIsRead) {
  const auto generator = make_set_generator({.elements_per_set = 4, .read_share = 0}, 1);
  EXPECT_THAT(generator->final_reads(), IsEmpty());
  for (int i = 0; i < 10; ++i) generator->next(0);
  std::vector<std::string> ranges;
  for (const Operation& read : generator->final_reads()) {
    ranges.push_back(read.key + ":" + std::to_string(bound(read, "from")) + "-" + std::to_string(bound(read, "to")));
  }
  EXPECT_THAT(ranges, ElementsAre("2:9-10", "1:5-8", "0:1-4"));
}

TEST(SetWorkload, IsInTheCatalogue) {
  ASSERT_NE(workload_named("set"), nullptr);
  EXPECT_THAT(workload_named("set")->checks, ElementsAre("set", "liveness", "availability", "log-alarms", "status"));
  EXPECT_EQ(name_of(WorkloadSpec(SetSpec{})), "set");
  EXPECT_EQ(read_mode_of(WorkloadSpec(SetSpec{.read = "local"})), "local");
}

}  // namespace
}  // namespace ordeal::workloads
