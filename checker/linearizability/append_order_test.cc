// The order of appends against the brute force, and cases that a person can follow.

#include "checker/linearizability/append_order.h"

#include <gtest/gtest.h>

#include "checker/formats/json_lines.h"
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

OrderResult judge(const History& history, const LinearizableOptions& options,
                  std::uint32_t cut = PreparedOperation::forever) {
  const CollectedKey key(history, options);
  return append_order({.key = key.operations,
                       .model = model_of(options.model),
                       .initial = key.initial,
                       .vocabulary = key.vocabulary,
                       .cut = cut});
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
    const OrderResult result = judge(history, options);
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

}  // namespace
}  // namespace ordeal::checker
