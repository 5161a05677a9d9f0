// Sorting by revision against the brute force, and cases that a person can follow.

#include "checker/revisions/revision_order.h"

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

OrderQuestion question(const CollectedKey& key) {
  return {.key = key.operations,
          .model = model_of(ModelName::kv_revisions),
          .initial = key.initial,
          .vocabulary = key.vocabulary};
}

struct Drawn {
  std::uint64_t values, keys, info_percent;
  std::uint64_t histories;
  std::uint64_t decided_percent;  // at least
};

class RevisionsAgainstBruteForce : public testing::TestWithParam<Drawn> {};

TEST_P(RevisionsAgainstBruteForce, TheOrderOfRevisionsIsNeverWrong) {
  const Drawn& param = GetParam();
  std::mt19937_64 random(13);
  std::uint64_t decided = 0, linearizable = 0;
  LinearizableOptions options;
  options.model = ModelName::kv_revisions;
  for (std::uint64_t i = 0; i < param.histories; ++i) {
    SCOPED_TRACE(i);
    const History history = model_history(
        random,
        {.model = options.model, .values = param.values, .keys = param.keys, .info_percent = param.info_percent});
    const std::vector<Operation> operations = pair_operations(history);
    const bool twin = linearizable_by_brute_force(operations, options, Operation::never, twin_steps).value();
    linearizable += twin ? 1 : 0;
    const CollectedKey key(history, options);
    const OrderResult result = revision_order(question(key));
    if (result.answer == Answer::not_applicable) continue;
    ++decided;
    ASSERT_EQ(result.answer == Answer::linearizable, twin) << text_of(history);
    if (twin) continue;
    const std::optional<std::uint32_t> failure = first_failure_by_order(question(key));
    if (!failure) continue;
    ASSERT_EQ(linearizable_by_brute_force(operations, options, *failure + 1, twin_steps), false) << text_of(history);
    ASSERT_EQ(linearizable_by_brute_force(operations, options, *failure, twin_steps), true) << text_of(history);
  }
  RecordProperty("decided", static_cast<int>(decided));
  EXPECT_GE(100 * decided, param.decided_percent * param.histories);
  EXPECT_GT(10 * linearizable, param.histories);
  EXPECT_LT(10 * linearizable, 9 * param.histories);
}

INSTANTIATE_TEST_SUITE_P(Histories, RevisionsAgainstBruteForce,
                         testing::Values(Drawn{3, 2, 0, 50'000, 99}, Drawn{3, 2, 30, 50'000, 98},
                                         Drawn{2, 1, 50, 50'000, 97}, Drawn{0, 3, 30, 50'000, 98}));

}  // namespace
}  // namespace ordeal::checker
