// Every engine by itself, and the whole check, against every order of random small histories.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checker/fuzz/fuzz_run.h"
#include "checker/fuzz/small_twin.h"
#include "checker/history.h"
#include "checker/linearizability/brute_force.h"
#include "checker/testing/generator.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

struct ModelCase {
  ModelName model;
  std::uint64_t histories;
  friend std::ostream& operator<<(std::ostream& out, const ModelCase& c) { return out << to_string(c.model); }
};

std::string name_of(const testing::TestParamInfo<ModelCase>& info) {
  std::string name;
  for (const char c : to_string(info.param.model)) {
    if (c != '-') name += c;
  }
  return name;
}

class SmallHistories : public testing::TestWithParam<ModelCase> {};

TEST_P(SmallHistories, AreJudgedByEveryEngineAsByEveryOrder) {
  const FuzzOptions options{.count = GetParam().histories, .model = GetParam().model};
  const FuzzResult result = fuzz(options);
  if (result.mismatch) FAIL() << described(*result.mismatch, options);
  EXPECT_EQ(result.histories, options.count);
  EXPECT_GT(result.valid, result.histories / 5);
  EXPECT_LT(result.valid, result.histories - result.histories / 5);
  for (std::size_t i = 0; i < fuzzed_engines().size(); ++i) {
    const FuzzedEngine& engine = fuzzed_engines()[i];
    const FuzzTally& tally = result.by_engine[i];
    EXPECT_EQ(tally.valid + tally.invalid + tally.silent, (options.count + engine.one_in - 1) / engine.one_in);
  }
}

// The twin is fast because it shares nothing with the checker. The brute force that confirms witnesses is another.
TEST_P(SmallHistories, AreJudgedByTheTwinAsByTheBruteForceOfWitnesses) {
  std::mt19937_64 random(11);
  Vocabulary words;
  for (int i = 0; i < 3000; ++i) {
    const SmallHistory small = random_small_history(random, GetParam().model, 7);
    std::vector<CompactEvent> compact;
    append_compact(small, words, compact);
    History history;
    for (const CompactEvent& event : compact) history.push_back(full_event(event, words));
    const std::vector<Operation> operations = pair_operations(history);
    const LinearizableOptions options = options_of(small);
    std::size_t cut = 0;
    while (cut <= history.size() && *linearizable_by_brute_force(operations, options, cut, UINT64_MAX)) ++cut;
    const SmallVerdict twin = judge_by_all_orders(small);
    ASSERT_EQ(twin.linearizable, cut > history.size()) << json_lines(small) << check_options(small);
    if (!twin.linearizable) {
      ASSERT_EQ(twin.failing, cut - 1) << json_lines(small) << check_options(small);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, SmallHistories,
                         testing::Values(ModelCase{ModelName::register_, 200'000},
                                         ModelCase{ModelName::cas_register, 500'000}, ModelCase{ModelName::kv, 150'000},
                                         ModelCase{ModelName::mutex, 50'000}, ModelCase{ModelName::owned_mutex, 50'000},
                                         ModelCase{ModelName::kv_append, 100'000},
                                         ModelCase{ModelName::list_append, 100'000},
                                         ModelCase{ModelName::multi_register, 100'000},
                                         ModelCase{ModelName::kv_revisions, 100'000}),
                         name_of);

// A cas-register's history, written as in testing/histories.h.
SmallHistory small_history_of(std::string_view text, std::uint64_t initial_code) {
  const auto code = [](const Value& value) {
    const std::int64_t* number = value.get_if<std::int64_t>();
    return number == nullptr ? 0 : static_cast<std::uint64_t>(*number + 1);
  };
  const History history = history_of(text);
  SmallHistory small{.initial = initial_code};
  small.order.resize(history.size());
  for (const Operation& operation : pair_operations(history)) {
    const Value& argument = operation.call->value;
    const List* pair = argument.get_if<List>();
    const std::string& f = operation.call->f;
    small.order[operation.called] = static_cast<std::uint8_t>(2 * small.operations.size());
    if (operation.completion != nullptr) {
      small.order[operation.returned] = static_cast<std::uint8_t>(2 * small.operations.size() + 1);
    }
    small.operations.push_back({.kind = f == "read"    ? SmallKind::read
                                        : f == "write" ? SmallKind::write
                                                       : SmallKind::cas,
                                .process = operation.call->process,
                                .outcome = operation.outcome,
                                .argument = code(pair == nullptr ? argument : (*pair)[0]),
                                .second = pair == nullptr ? 0 : code((*pair)[1]),
                                .result = operation.completion == nullptr ? 0 : code(operation.completion->value)});
  }
  return small;
}

// Both are linearizable, but only with an indeterminate write of the value that the register already holds: it is what
// overwrites a write that is still open. An engine that leaves out writes which change nothing finds them impossible.
TEST(SmallHistory, AnIndeterminateWriteOfThePresentValueHidesAnOpenWrite) {
  for (const char* text :
       {"0 invoke write 1; 0 ok write 1; 1 invoke write 1; 1 info write 1; 2 invoke write 4; 3 invoke cas [1 2];"
        "3 ok cas [1 2]; 2 ok write 4; 4 invoke write 3; 5 invoke read; 5 ok read 2",
        "0 invoke write 2; 0 info write 2; 1 invoke cas [2 3]; 2 invoke write 2; 2 ok write 2; 3 invoke write 1;"
        "1 ok cas [2 3]; 3 ok write 1; 4 invoke read; 4 ok read 3"}) {
    const SmallHistory history = small_history_of(text, 1);
    EXPECT_TRUE(judge_by_all_orders(history).linearizable) << text;
    for (const FuzzedEngine& engine : fuzzed_engines()) {
      EXPECT_EQ(wrong_about(engine, history), std::nullopt) << engine.name << ": " << text;
    }
  }
}

TEST(SmallHistory, AWrongEngineIsFoundAndItsHistoryCanBeRead) {
  const SmallHistory stale =
      small_history_of("0 invoke write 1; 0 ok write 1; 1 invoke write 2; 1 ok write 2; 2 invoke read; 2 ok read 1", 1);
  const FuzzedEngine optimist{
      .name = "optimist", .judge = [](FuzzedHistory&) { return FuzzedAnswer{.answer = FuzzedAnswer::Answer::valid}; }};
  const FuzzedEngine late{.name = "late", .judge = [](FuzzedHistory&) {
                            return FuzzedAnswer{.answer = FuzzedAnswer::Answer::invalid, .failing = 6};
                          }};
  const FuzzedEngine mute{.name = "mute", .judge = [](FuzzedHistory&) { return FuzzedAnswer(); }};
  EXPECT_EQ(wrong_about(optimist, stale), "says valid; it is invalid at event 5");
  EXPECT_EQ(wrong_about(late, stale), "says invalid at event 6; it is invalid at event 5");
  EXPECT_EQ(wrong_about(mute, stale), "says nothing; it is invalid at event 5");
  EXPECT_THAT(described({.number = 1234, .engine = "late", .what = "says this", .lines = json_lines(stale)}, {}),
              testing::AllOf(testing::HasSubstr("--seed 1 --first 1000 --count 1000"),
                             testing::HasSubstr(R"("process":2,"type":"ok","f":"read","value":1)")));
}

TEST(MiddlingHistories, AreJudgedByEveryEngineAsByTheSearch) {
  const FuzzOptions options{.count = 100'000, .middling = true};
  const FuzzResult result = fuzz(options);
  if (result.mismatch) FAIL() << described(*result.mismatch, options);
  EXPECT_GT(result.valid, result.histories / 3);
  EXPECT_LT(result.valid, result.histories * 4 / 5);
}

TEST(SmallHistory, TheNthOfASeedIsTheSameInEveryRun) {
  const FuzzResult all = fuzz({.count = 4000, .engine = "search"});
  std::uint64_t valid = 0;
  for (std::uint64_t shard = 0; shard < 2; ++shard) {
    valid += fuzz({.count = 4000, .shard = shard, .shards = 2, .engine = "search"}).valid;
  }
  EXPECT_EQ(all.histories, 4000U);
  EXPECT_EQ(valid, all.valid);
}

}  // namespace
}  // namespace ordeal::checker
