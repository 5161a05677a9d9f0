#include "checker/linearizability/zones.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "checker/linearizability/brute_force.h"
#include "checker/linearizability/search.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

using Answer = ZonesResult::Answer;

Budget unlimited() {
  return {{}, std::chrono::hours(1), std::size_t{1} << 40};
}

std::string text(const History& history) {
  std::string out;
  for (const Event& event : history) {
    const char* types[] = {"invoke", "ok", "fail", "info"};
    out += std::to_string(event.process) + " " + types[static_cast<int>(event.type)] + " " + event.f + " " +
           to_string(event.value) + " " + event.error + ";\n";
  }
  return out;
}

struct Counts {
  std::size_t valid = 0, invalid = 0;
  std::map<std::string_view, std::size_t> not_applicable;
};

bool linearizable(const std::vector<Operation>& operations, const LinearizableOptions& options, std::size_t cut) {
  return linearizable_by_brute_force(operations, options, cut, 100000000).value();
}

// A contradiction of its own: with all others optional, and those that only observe gone.
void expect_contradiction(KeyHistory& key, const std::vector<std::uint32_t>& core, const std::string& words) {
  std::vector<PreparedOperation> relaxed;
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < key.prepared.size(); ++i) {
    PreparedOperation operation = key.prepared[i];
    const bool in_core = at < core.size() && core[at] == i;
    at += in_core ? 1 : 0;
    if (!in_core) operation.returned = PreparedOperation::forever;
    if (in_core || !operation.observes()) relaxed.push_back(operation);
  }
  Budget budget = unlimited();
  EXPECT_EQ(search(key.problem(relaxed), budget).answer, SearchResult::Answer::not_linearizable) << words;
}

void compare(const History& history, const LinearizableOptions& options, bool unique, Counts& counts) {
  const std::vector<Operation> operations = pair_operations(history);
  KeyHistory key = prepare(operations, options);
  Budget budget = unlimited();
  const ZonesResult result = judge_by_zones(key.problem(key.prepared), budget);
  if (result.answer == Answer::not_applicable) {
    ++counts.not_applicable[result.reason];
    return;
  }
  ++(result.answer == Answer::linearizable ? counts.valid : counts.invalid);
  ASSERT_EQ(result.answer == Answer::linearizable, linearizable(operations, options, history.size())) << text(history);
  if (result.answer == Answer::linearizable) return;
  ASSERT_LE(result.contradiction.size(), 8U);
  if (unique) {
    expect_contradiction(key, result.contradiction, text(history));
  }
  const FirstFailing first = first_failing_by_zones(key.problem(key.prepared), budget);
  if (first.answer == Answer::not_applicable) return;
  ASSERT_EQ(first.answer, Answer::not_linearizable) << text(history);
  std::size_t position = 0;  // among the history's events
  while (history[position].index != key.event_indices[first.position]) ++position;
  ASSERT_FALSE(linearizable(operations, options, position + 1)) << position << "\n" << text(history);
  ASSERT_TRUE(linearizable(operations, options, position)) << position << "\n" << text(history);
}

void expect_share(const Counts& counts, std::size_t rounds, std::size_t decided_percent) {
  EXPECT_GT(100 * (counts.valid + counts.invalid), decided_percent * rounds);
  EXPECT_GT(20 * counts.valid, counts.valid + counts.invalid);
  EXPECT_GT(20 * counts.invalid, counts.valid + counts.invalid);
}

TEST(Zones, AgreesWithBruteForceAboutRandomHistoriesWithUniqueValues) {
  std::mt19937_64 random(13);
  constexpr std::size_t rounds = 200000;
  Counts counts;
  for (std::size_t round = 0; round < rounds; ++round) {
    const History history = random_history(random, {.most_operations = 8, .unique_values = true});
    const LinearizableOptions options{.failed_cas = static_cast<FailedCas>(round % 3)};
    ASSERT_NO_FATAL_FAILURE(compare(history, options, true, counts)) << "round " << round;
  }
  expect_share(counts, rounds, 90);
}

TEST(Zones, AgreesWithBruteForceWhereValuesRepeat) {
  std::mt19937_64 random(14);
  constexpr std::size_t rounds = 300000;
  Counts counts;
  for (std::size_t round = 0; round < rounds; ++round) {
    const History history = random_history(random, {.most_operations = 8});
    LinearizableOptions options;
    if (round % 2 == 0) options.initial = std::int64_t{0};
    ASSERT_NO_FATAL_FAILURE(compare(history, options, false, counts)) << "round " << round;
  }
  expect_share(counts, rounds, 30);
}

TEST(Zones, AgreesWithBruteForceAboutSimulatedHistoriesThatAreBrokenHereAndThere) {
  std::mt19937_64 random(15);
  constexpr std::size_t rounds = 200000;
  Counts counts;
  for (std::size_t round = 0; round < rounds; ++round) {
    History history = simulated_history(random, {.operations = 4 + draw(random, 7),
                                                 .processes = 2 + draw(random, 4),
                                                 .info_percent = draw(random, 40),
                                                 .values = draw(random, 2) * (3 + draw(random, 5))});
    if (draw(random, 2) == 0) {
      Event& event = history[draw(random, history.size())];
      if (event.f == "read" && event.type == EventType::ok) event.value = static_cast<std::int64_t>(draw(random, 6));
      if (event.f == "write" && event.type == EventType::ok && draw(random, 3) == 0) event.type = EventType::fail;
    }
    ASSERT_NO_FATAL_FAILURE(compare(history, {}, false, counts)) << "round " << round;
  }
  expect_share(counts, rounds, 70);
}

// A write of the value that is there already may be needed, as it hides another one that is late. An engine that took
// it for useless once called these invalid.
TEST(Zones, AreNotWrongAboutAnIndeterminateWriteThatHidesAnotherOne) {
  const History hides_4 = history_of(
      "0 invoke write 1; 0 ok write 1; 1 invoke write 1; 1 info write 1; 2 invoke write 4; 3 invoke cas [1 2];"
      "3 ok cas [1 2]; 2 ok write 4; 4 invoke write 3; 5 invoke read; 5 ok read 2");
  const History hides_1 = history_of(
      "0 invoke write 2; 0 info write 2; 1 invoke cas [2 3]; 2 invoke write 2; 2 ok write 2; 3 invoke write 1;"
      "1 ok cas [2 3]; 3 ok write 1; 4 invoke read; 4 ok read 3");
  for (const History& history : {hides_4, hides_1}) {
    const std::vector<Operation> operations = pair_operations(history);
    KeyHistory key = prepare(operations, {.initial = std::int64_t{0}});
    Budget budget = unlimited();
    EXPECT_NE(judge_by_zones(key.problem(key.prepared), budget).answer, Answer::not_linearizable);
    EXPECT_TRUE(linearizable(operations, {.initial = std::int64_t{0}}, history.size()));
  }
}

TEST(Zones, SayWhichOperationsContradictEachOther) {
  const History history = history_of(
      "0 invoke write 1; 0 ok write 1; 1 invoke read; 1 ok read 1; 0 invoke write 2; 2 invoke read; 2 ok read 2;"
      "0 ok write 2; 1 invoke read; 1 ok read 1; 1 invoke read; 1 ok read 2");
  const std::vector<Operation> operations = pair_operations(history);
  KeyHistory key = prepare(operations, {});
  Budget budget = unlimited();
  const ZonesResult result = judge_by_zones(key.problem(key.prepared), budget);
  ASSERT_EQ(result.answer, Answer::not_linearizable);
  EXPECT_EQ(result.contradiction, (std::vector<std::uint32_t>{0, 2, 3, 4, 5}));
  EXPECT_EQ(first_failing_by_zones(key.problem(key.prepared), budget).position, 9U);
  EXPECT_EQ(first_failing_by_zones(key.problem(key.prepared), budget, 9).answer, Answer::linearizable);
}

TEST(Zones, KeepTheMemoryLimitAndSayThatTheyMet) {
  std::mt19937_64 random(16);
  const History history = simulated_history(random, {.operations = 20000});
  const std::vector<Operation> operations = pair_operations(history);
  KeyHistory key = prepare(operations, {});
  Budget large = unlimited();
  const ZonesResult judged = judge_by_zones(key.problem(key.prepared), large);
  EXPECT_LE(judged.bytes, 24 * operations.size());
  Budget small({}, std::chrono::hours(1), judged.bytes / 4);
  const ZonesResult refused = judge_by_zones(key.problem(key.prepared), small);
  EXPECT_EQ(refused.answer, Answer::not_applicable);
  EXPECT_EQ(refused.exceeded, Budget::Exceeded::memory);
}

}  // namespace
}  // namespace ordeal::checker
