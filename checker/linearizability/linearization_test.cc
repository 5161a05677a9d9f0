// Orders are replayed, always; and there is one exactly when the brute force says so.

#include "checker/linearizability/linearization.h"

#include <gtest/gtest.h>

#include "checker/linearizability/brute_force.h"
#include "checker/linearizability/second_opinion.h"
#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

Budget steps(std::uint64_t count) {
  Budget budget({}, {}, std::size_t{1} << 30);
  budget.limit_steps(count);
  return budget;
}

std::string text_of(const History& history) {
  std::string text;
  for (const Event& event : history) {
    text += std::to_string(event.process) +
            (event.type == EventType::invoke ? " invoke "
             : event.type == EventType::ok   ? " ok "
             : event.type == EventType::info ? " info "
                                             : " fail ") +
            event.f + " " + to_string(event.value) + " " + event.error + "; ";
  }
  return text;
}

TEST(Linearization, ExistsExactlyWhenTheBruteForceFindsOneAndIsProvedByReplay) {
  std::mt19937_64 random(41);
  for (const ModelName model : {ModelName::cas_register, ModelName::mutex, ModelName::kv_append}) {
    LinearizableOptions options;
    options.model = model;
    for (int round = 0; round < 40'000; ++round) {
      const History history =
          random_history(random, {.model = model, .most_operations = 7, .unique_values = round % 3 == 0});
      const std::vector<Operation> operations = pair_operations(history);
      KeyHistory key = prepare(operations, options);
      const Problem problem = key.problem(key.prepared);
      Budget budget = steps(1'000'000);
      const auto order = linearization(problem, budget);
      const auto expected = linearizable_by_brute_force(operations, options, history.size(), 1'000'000);
      ASSERT_TRUE(expected.has_value());
      ASSERT_EQ(order.has_value(), *expected) << text_of(history);
      ASSERT_EQ(second_opinion(problem, 1'000'000), expected) << text_of(history);
      if (order) {
        const auto error = replay(problem, *order);
        ASSERT_FALSE(error.has_value()) << error->why << ": " << text_of(history);
      }
    }
  }
}

TEST(Linearization, OfACorrectRunIsFoundHoweverLongItIs) {
  struct Case {
    std::uint64_t operations, processes, info_percent, values;
  };
  const std::vector<Case> cases = {
      {10'000, 10, 0, 0}, {10'000, 10, 10, 0}, {10'000, 10, 0, 5},  {10'000, 10, 1, 5},
      {10'000, 5, 10, 5}, {10'000, 20, 0, 5},  {100'000, 10, 1, 0}, {100'000, 5, 0, 5},
  };
  std::mt19937_64 random(7);
  for (const Case& c : cases) {
    SCOPED_TRACE(testing::Message() << c.operations << " operations, " << c.processes << " processes, "
                                    << c.info_percent << " % info, " << c.values << " values");
    const History history = simulated_history(
        random,
        {.operations = c.operations, .processes = c.processes, .info_percent = c.info_percent, .values = c.values});
    const std::vector<Operation> operations = pair_operations(history);
    KeyHistory key = prepare(operations, {});
    const Problem problem = key.problem(key.prepared);
    Budget budget = steps(20'000'000);
    const auto order = linearization(problem, budget);
    ASSERT_TRUE(order.has_value()) << budget.steps_left() << " steps left";
    EXPECT_EQ(replay(problem, *order), std::nullopt);
  }
}

struct Prepared {
  History history;
  std::vector<Operation> operations;
  KeyHistory key;

  explicit Prepared(const char* text)
      : history(history_of(text)), operations(pair_operations(history)), key(prepare(operations, {})) {}
};

TEST(Replay, RefusesWhatIsNoLinearizationAndSaysWhy) {
  Prepared p(
      "0 invoke write 1; 1 invoke write 2; 0 ok write; 2 invoke read; 2 ok read 1; 1 ok write; 3 invoke write 3; 3 "
      "info write");
  const Problem problem = p.key.problem(p.key.prepared);
  struct Case {
    std::vector<std::uint32_t> order;
    std::optional<ReplayError> error;
  };
  const std::vector<Case> cases = {
      {{0, 2, 1}, std::nullopt},
      {{1, 0, 2}, std::nullopt},
      {{0, 2, 1, 3}, std::nullopt},
      {{0, 1, 2}, ReplayError{2, "the model refuses it there"}},
      {{2, 0, 1}, ReplayError{0, "the model refuses it there"}},
      {{1, 2, 0}, ReplayError{1, "the model refuses it there"}},
      {{0, 2}, ReplayError{2, "operation 1 returned and has no place"}},
      {{0, 2, 2, 1}, ReplayError{2, "the operation has its place already"}},
      {{0, 2, 7}, ReplayError{2, "there is no such operation"}},
      {{3, 0, 2, 1}, ReplayError{1, "it stands after an operation that was called only after it had returned"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.order));
    EXPECT_EQ(replay(problem, c.order), c.error);
  }
}

TEST(OrderByBlocks, OrdersUniqueValuesWithCasChainsAndFailedCas) {
  std::mt19937_64 random(9);
  int right = 0;
  for (int round = 0; round < 200; ++round) {
    const History history = simulated_history(random, {.operations = 200, .processes = 8, .info_percent = 10});
    const std::vector<Operation> operations = pair_operations(history);
    KeyHistory key = prepare(operations, {});
    const Problem problem = key.problem(key.prepared);
    right += replay(problem, order_by_blocks(problem)) ? 0 : 1;
  }
  EXPECT_GT(right, 150);  // what it gets wrong is about failed cas, which have no block
}

}  // namespace
}  // namespace ordeal::checker
