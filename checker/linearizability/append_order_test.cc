// The order of appends against the brute force, and cases that a person can follow.

#include "checker/linearizability/append_order.h"

#include <gtest/gtest.h>

#include "checker/formats/json_lines.h"
#include "checker/linearizability/append_first_look.h"
#include "checker/linearizability/brute_force.h"
#include "checker/testing/compact_histories.h"
#include "checker/testing/histories.h"
#include "checker/testing/model_histories.h"

namespace ordeal::checker {
namespace {

using Answer = OrderResult::Answer;
constexpr std::uint64_t twin_steps = 20'000'000;

std::string text_of(const History& history) {
  std::string text;
  for (const Event& event : history) text += write_json_line(event) + "\n";
  return text;
}

using Judge = OrderResult (*)(const OrderQuestion& question);

OrderResult judge(Judge by, const History& history, const LinearizableOptions& options) {
  const CollectedKey key(history, options);
  return by(
      {.key = key.operations, .model = model_of(options.model), .initial = key.initial, .vocabulary = key.vocabulary});
}

struct Drawn {
  ModelName model;
  std::uint64_t values;
  bool puts;
  std::uint64_t histories;
  std::uint64_t decided_percent;  // at least
};

class AppendsAgainstBruteForce : public testing::TestWithParam<Drawn> {};

TEST_P(AppendsAgainstBruteForce, TheOrderOfAppendsIsNeverWrong) {
  const Drawn& param = GetParam();
  std::mt19937_64 random(11);
  std::uint64_t decided = 0, linearizable = 0;
  for (std::uint64_t i = 0; i < param.histories; ++i) {
    SCOPED_TRACE(i);
    LinearizableOptions options;
    options.model = param.model;
    const History history = model_history(random, {.model = param.model, .values = param.values, .puts = param.puts});
    const std::vector<Operation> operations = pair_operations(history);
    const bool twin = linearizable_by_brute_force(operations, options, Operation::never, twin_steps).value();
    linearizable += twin ? 1 : 0;
    for (const Judge part : {append_first_look, append_order_in_full}) {
      const OrderResult result = judge(part, history, options);
      if (result.answer == Answer::not_applicable) continue;
      ASSERT_EQ(result.answer == Answer::linearizable, twin) << text_of(history);
    }
    const OrderResult result = judge(append_order, history, options);
    if (result.answer == Answer::not_applicable) continue;
    ++decided;
    ASSERT_EQ(result.answer == Answer::linearizable, twin) << text_of(history);
    if (twin) continue;
    const CollectedKey key(history, options);
    const std::optional<std::uint32_t> failure = first_failure_by_order({.key = key.operations,
                                                                         .model = model_of(options.model),
                                                                         .initial = key.initial,
                                                                         .vocabulary = key.vocabulary});
    if (!failure) continue;
    ASSERT_EQ(linearizable_by_brute_force(operations, options, *failure + 1, twin_steps), false) << text_of(history);
    ASSERT_EQ(linearizable_by_brute_force(operations, options, *failure, twin_steps), true) << text_of(history);
  }
  EXPECT_GE(100 * decided, param.decided_percent * param.histories);
  EXPECT_GT(10 * linearizable, param.histories);
  EXPECT_LT(10 * linearizable, 9 * param.histories);
}

INSTANTIATE_TEST_SUITE_P(Histories, AppendsAgainstBruteForce,
                         testing::Values(Drawn{ModelName::kv_append, 0, false, 50'000, 100},
                                         Drawn{ModelName::kv_append, 0, true, 100'000, 99},
                                         Drawn{ModelName::kv_append, 3, true, 100'000, 50},
                                         Drawn{ModelName::kv_append, 6, true, 50'000, 20},
                                         Drawn{ModelName::list_append, 0, false, 50'000, 100},
                                         Drawn{ModelName::list_append, 3, false, 50'000, 50}));

TEST(AppendFirstLook, FindsAnOrderNearThatOfTheCallsOrLeavesItToOthers) {
  struct Case {
    const char* what;
    const char* history;
    Answer answer;
  };
  const Case cases[] = {
      {"two that took effect the other way round",
       "0 invoke append a; 1 invoke append b; 0 ok append a; 1 ok append b; 0 invoke get; 0 ok get ba",
       Answer::linearizable},
      {"one that nobody knows of, and that nobody saw",
       "0 invoke append a; 0 info append a; 1 invoke append b; 1 ok append b; 1 invoke get; 1 ok get b",
       Answer::linearizable},
      {"a read that began with the first of two puts",
       "0 invoke put x; 0 ok put x; 0 invoke put y; 1 invoke append a; 2 invoke get; 2 ok get xa; 1 ok append a;"
       "0 ok put y; 2 invoke get; 2 ok get y",
       Answer::linearizable},
      {"a put that is missing in a later read",
       "0 invoke put x; 1 invoke append a; 0 ok put x; 1 ok append a; 0 invoke get; 0 ok get a",
       Answer::not_applicable},
      {"an append that is missing in a later read",
       "0 invoke append a; 1 invoke append b; 0 ok append a; 1 ok append b; 0 invoke get; 0 ok get a",
       Answer::not_applicable},
      {"a text whose first piece is guessed wrong",
       "0 invoke append a; 1 invoke append ab; 0 ok append a; 1 ok append ab; 0 invoke get; 0 ok get aba",
       Answer::not_applicable},
  };
  LinearizableOptions options;
  options.model = ModelName::kv_append;
  for (const Case& c : cases) {
    EXPECT_EQ(judge(append_first_look, history_of(c.history), options).answer, c.answer) << c.what;
  }
}

}  // namespace
}  // namespace ordeal::checker
