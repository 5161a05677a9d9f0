// Each end that is found is one: the state can be read after everything else, with the optional operations it names.

#include "checker/linearizability/some_ends.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "checker/linearizability/second_opinion.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

constexpr std::uint64_t plenty = 50'000'000;

// The required operations, those that were used as required ones, and a read of the last state after all of them.
std::vector<PreparedOperation> with_the_end(const std::vector<PreparedOperation>& operations, const SearchEnd& end) {
  std::vector<PreparedOperation> out;
  std::uint32_t last = 0;
  for (const PreparedOperation& operation : operations) {
    last = std::max({last, operation.called, operation.optional() ? 0 : operation.returned});
  }
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    const bool used = std::find(end.used.begin(), end.used.end(), i) != end.used.end();
    if (operations[i].optional() && !used) continue;
    out.push_back(operations[i]);
    if (used) out.back().returned = last + 1;
  }
  out.push_back({.called = last + 2, .returned = last + 3, .needs = end.state});
  return out;
}

TEST(SomeEnds, AreEndsOfLinearizations) {
  std::mt19937_64 random(31);
  std::size_t linearizable = 0, several = 0, used = 0;
  for (int round = 0; round < 30'000; ++round) {
    LinearizableOptions options;
    options.initial = 0;
    options.failed_cas = round % 2 == 0 ? FailedCas::observes : FailedCas::ignored;
    const History history = random_history(random, {.most_operations = 9, .unique_values = round % 3 == 0});
    const std::vector<Operation> operations = pair_operations(history);
    KeyHistory key = prepare(operations, options);
    Budget budget({}, {}, std::size_t{1} << 30);
    const Problem problem = key.problem(key.prepared);
    const std::vector<SearchEnd> ends = some_ends(problem, budget, 5);
    ASSERT_EQ(!ends.empty(), *second_opinion(problem, plenty));
    std::set<StateId> states;
    for (const SearchEnd& end : ends) {
      const std::vector<PreparedOperation> all = with_the_end(key.prepared, end);
      ASSERT_EQ(second_opinion(key.problem(all), plenty), true) << "round " << round;
      ASSERT_TRUE(states.insert(end.state).second);
      used += end.used.size();
    }
    linearizable += ends.empty() ? 0 : 1;
    several += ends.size() > 1 ? 1 : 0;
  }
  EXPECT_GT(linearizable, 5000U);
  EXPECT_GT(several, 100U);
  EXPECT_GT(used, 100U);
}

}  // namespace
}  // namespace ordeal::checker
