// Each stage of the portfolio by itself against the brute force: what a walk says must be so, however narrow it is.

#include "checker/linearizability/frontier.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "checker/formats/json_lines.h"
#include "checker/linearizability/brute_force.h"
#include "checker/linearizability/depth_first.h"
#include "checker/linearizability/outline.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t memory = std::size_t{1} << 30;
constexpr std::uint64_t twin_steps = 20'000'000;

using End = FrontierResult::End;

struct Stage {
  const char* name;
  FrontierOptions options;
  int said_yes = 0, said_no = 0, dropped = 0, merged = 0, refuted_merged = 0, located = 0;
};

std::string text_of(const History& history) {
  std::string text;
  for (const Event& event : history) text += write_json_line(event) + "\n";
  return text;
}

struct StageCase {
  ModelName model;
  bool unique_values;
};

class Stages : public testing::TestWithParam<StageCase> {};

TEST_P(Stages, NeverContradictTheBruteForce) {
  constexpr int histories = 150'000;
  std::array<Stage, 13> stages = {{{"exact", {.width = 4096, .may_drop = false}},
                                   {"beam of one", {.width = 1}},
                                   {"beam of two", {.width = 2}},
                                   {"unlimited", {.width = 4096, .may_drop = false, .unlimited = true}},
                                   {"narrow and unlimited", {.width = 1, .may_drop = true, .unlimited = true}},
                                   {"without foresight", {.width = 4096, .may_drop = false, .look_ahead = false}},
                                   {"merged into one", {.width = 1, .may_drop = false, .merge = true}},
                                   {"merged into two", {.width = 2, .may_drop = false, .merge = true}},
                                   {"going back", {.width = 1, .go_back = true}},
                                   {"going back blindly", {.width = 2, .go_back = true, .look_ahead = false}},
                                   {"behind one return", {.width = 4096, .may_drop = false, .begin_behind = 1}},
                                   {"behind two returns", {.width = 64, .begin_behind = 2, .look_ahead = false}},
                                   {"up to the second return", {.width = 4096, .end_behind = 2}}}};
  std::mt19937_64 random(11);
  Outline outline;
  FrontierMemory shelves;
  for (int i = 0; i < histories; ++i) {
    LinearizableOptions options;
    options.model = GetParam().model;
    if (options.model != ModelName::mutex) options.initial = 0;
    options.failed_cas = static_cast<FailedCas>(draw(random, 3));
    const History history = random_history(
        random, {.model = options.model, .most_operations = 8, .unique_values = GetParam().unique_values});
    const std::vector<Operation> operations = pair_operations(history);
    KeyHistory key = prepare(operations, options);
    const std::optional<bool> twin = linearizable_by_brute_force(operations, options, Operation::never, twin_steps);
    ASSERT_TRUE(twin.has_value());
    ASSERT_TRUE(outline.lay_out(key.problem(key.prepared)));
    for (Stage& stage : stages) {
      Budget budget({}, {}, memory);
      const FrontierResult result = walk_frontier(outline, shelves, budget, stage.options);
      stage.dropped += result.dropped ? 1 : 0;
      stage.merged += result.merged ? 1 : 0;
      const bool exact = !stage.options.unlimited && !result.merged;
      if (result.end == End::reached_the_end && exact) {
        ASSERT_TRUE(*twin) << stage.name << "\n" << text_of(history);
        ++stage.said_yes;
      } else if (result.end == End::empty && !result.dropped) {
        ASSERT_FALSE(*twin) << stage.name << "\n" << text_of(history);
        ++stage.said_no;
        stage.refuted_merged += result.merged ? 1 : 0;
        if (!exact && !result.foresaw && !stage.options.unlimited) {
          const std::uint64_t event = key.event_indices[result.reached];
          ASSERT_EQ(linearizable_by_brute_force(operations, options, event + 1, twin_steps), false)
              << stage.name << "\n"
              << text_of(history);
        }
        if (!exact || result.foresaw) continue;
        ++stage.located;
        const std::uint64_t event = key.event_indices[result.reached];
        ASSERT_EQ(linearizable_by_brute_force(operations, options, event + 1, twin_steps), false) << text_of(history);
        ASSERT_EQ(linearizable_by_brute_force(operations, options, event, twin_steps), true) << text_of(history);
      } else {
        ASSERT_NE(stage.name, stages[0].name) << "the exact one must know\n" << text_of(history);
      }
    }
    Budget budget({}, {}, memory);
    ASSERT_EQ(search_depth_first(key.problem(key.prepared), budget).answer == SearchResult::Answer::linearizable, *twin)
        << text_of(history);
  }
  EXPECT_EQ(stages[0].said_yes + stages[0].said_no, histories);
  EXPECT_EQ(stages[5].said_yes + stages[5].said_no, histories);
  EXPECT_EQ(stages[5].located, stages[5].said_no);
  EXPECT_EQ(stages[8].said_yes + stages[8].said_no, histories);
  EXPECT_EQ(stages[9].said_yes + stages[9].said_no, histories);
  EXPECT_EQ(stages[9].located, stages[9].said_no);
  EXPECT_GT(stages[1].said_yes, histories / 20);
  EXPECT_GT(stages[2].said_yes, stages[1].said_yes - histories / 100);
  EXPECT_GT(stages[3].said_no, histories / 20);
  EXPECT_EQ(stages[10].said_yes + stages[11].said_yes, 0);
  if (GetParam().model == ModelName::cas_register) {
    EXPECT_GT(stages[1].dropped, histories / 1000);
    EXPECT_GT(stages[4].dropped, histories / 1000);
    EXPECT_GT(stages[6].merged, histories / 1000);
    EXPECT_GT(stages[7].merged, 0);
    EXPECT_GT(stages[6].refuted_merged, 0);
    EXPECT_GT(stages[10].refuted_merged, histories / 100);
    EXPECT_GT(stages[11].refuted_merged, histories / 100);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Stages,
                         testing::Values(StageCase{ModelName::register_, false},
                                         StageCase{ModelName::cas_register, false},
                                         StageCase{ModelName::cas_register, true}, StageCase{ModelName::mutex, false}));

TEST(Frontier, LeavesMoreOpenOperationsThanAWordHasBitsToOthers) {
  std::string text;
  for (int i = 1; i <= 65; ++i) text += std::to_string(i) + " invoke write " + std::to_string(i) + ";";
  for (int i = 1; i <= 65; ++i) text += std::to_string(i) + " ok write;";
  const History history = history_of(text);
  const std::vector<Operation> operations = pair_operations(history);
  KeyHistory key = prepare(operations, {});
  Outline outline;
  FrontierMemory shelves;
  Budget budget({}, {}, memory);
  ASSERT_TRUE(outline.lay_out(key.problem(key.prepared)));
  EXPECT_EQ(walk_frontier(outline, shelves, budget, {}).end, End::too_many_open);
}

TEST(Frontier, EndsWithItsBudget) {
  const History history = history_of(
      "0 invoke write 1; 0 ok write 1; 0 invoke read; 0 ok read 1; 0 invoke write 2; 0 ok write 2;"
      "0 invoke read; 0 ok read 2");
  const std::vector<Operation> operations = pair_operations(history);
  KeyHistory key = prepare(operations, {});
  Outline outline;
  FrontierMemory shelves;
  ASSERT_TRUE(outline.lay_out(key.problem(key.prepared)));
  Budget steps({}, {}, memory);
  steps.limit_steps(1);
  const FrontierResult result = walk_frontier(outline, shelves, steps, {});
  EXPECT_EQ(result.end, End::exceeded);
  EXPECT_EQ(result.exceeded, Budget::Exceeded::steps);
  EXPECT_EQ(result.reached, 5U);
  Budget bytes({}, {}, 16);
  EXPECT_EQ(walk_frontier(outline, shelves, bytes, {}).exceeded, Budget::Exceeded::memory);
}

}  // namespace
}  // namespace ordeal::checker
