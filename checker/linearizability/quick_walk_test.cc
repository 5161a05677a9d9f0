// What the quick walk must leave to others, and that it locates what it refuses. That its verdicts are right: the
// fuzzers (checker/fuzz) and middling_histories_test.cc.

#include "checker/linearizability/quick_walk.h"

#include <gtest/gtest.h>

#include <string>

#include "checker/testing/compact_histories.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

using Answer = SearchResult::Answer;

constexpr std::size_t memory = std::size_t{1} << 30;

QuickWalkResult walk(const std::string& text, const LinearizableOptions& options = {},
                     const QuickWalkOptions& walk = {.width = 24}) {
  const CollectedKey key(history_of(text), options);
  Budget budget({}, {}, memory);
  return walk_quickly(key.operations, key.initial, budget, walk);
}

// One line after the other, with i in the place of each #.
std::string repeated(int times, const std::string& line) {
  std::string text;
  for (int i = 1; i <= times; ++i) {
    for (const char c : line) text += c == '#' ? std::to_string(i) : std::string(1, c);
  }
  return text;
}

TEST(QuickWalk, SaysWithWhichReturnAHistoryFails) {
  const QuickWalkResult result = walk(
      "0 invoke write 1; 0 ok write 1; 0 invoke write 2; 1 invoke read; 0 ok write 2; 1 ok read 1;"
      "1 invoke read; 1 ok read 1; 0 invoke read; 0 ok read 1");
  EXPECT_EQ(result.answer, Answer::not_linearizable);
  EXPECT_EQ(result.reached, 7U);
}

TEST(QuickWalk, TakesWhatFitsIntoAWordAndNoMore) {
  struct Case {
    const char* what;
    int most;
    const char *each, *then_each;
  };
  const Case cases[] = {
      {"states, of which the initial one is one", 63, "0 invoke write #; 0 ok write #;", ""},
      {"open at once", 64, "# invoke write 1;", "# ok write 1;"},
      {"indeterminate", 64, "# invoke write 1; # info write 1;", ""},
  };
  for (const Case& c : cases) {
    const auto text = [&c](int times) { return repeated(times, c.each) + repeated(times, c.then_each); };
    EXPECT_EQ(walk(text(c.most)).answer, Answer::linearizable) << c.what;
    EXPECT_EQ(walk(text(c.most + 1)).answer, Answer::unknown) << c.what;
  }
}

TEST(QuickWalk, LeavesEffectsThatStepToOthers) {
  LinearizableOptions options;
  options.model = ModelName::kv_append;
  EXPECT_EQ(walk("0 invoke append a; 0 ok append a", options).answer, Answer::unknown);
}

TEST(QuickWalk, EndsWithTheBudgetAndWithItsOwnSteps) {
  const std::string text = "0 invoke write 1; 1 invoke write 2; 0 ok write 1; 1 ok write 2; 0 invoke read; 0 ok read 1";
  const CollectedKey key(history_of(text), {});
  Budget steps({}, {}, memory), bytes({}, {}, 16), plenty({}, {}, memory);
  steps.limit_steps(1);
  EXPECT_EQ(walk_quickly(key.operations, key.initial, steps).exceeded, Budget::Exceeded::steps);
  EXPECT_EQ(walk_quickly(key.operations, key.initial, bytes).exceeded, Budget::Exceeded::memory);
  const QuickWalkResult own = walk_quickly(key.operations, key.initial, plenty, {.steps = 1, .steps_an_operation = 0});
  EXPECT_EQ(own.answer, Answer::unknown);
  EXPECT_EQ(own.exceeded, Budget::Exceeded::nothing);
  EXPECT_EQ(walk_quickly(key.operations, key.initial, plenty).answer, Answer::linearizable);
}

}  // namespace
}  // namespace ordeal::checker
