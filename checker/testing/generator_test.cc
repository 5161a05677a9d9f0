#include "checker/testing/generator.h"

#include <gtest/gtest.h>

#include <set>

#include "checker/history.h"

namespace ordeal::checker {
namespace {

TEST(Generator, KnowsTheNamesOfItsClasses) {
  const GeneratorOptions d = generator_class("d3k10v100_5e3_i10_bad").value();
  EXPECT_EQ(d.keys, 3U);
  EXPECT_EQ(d.processes, 10U);
  EXPECT_EQ(d.values, 100U);
  EXPECT_EQ(d.operations, 5000U);
  EXPECT_EQ(d.cas_percent, 20U);
  EXPECT_EQ(d.info_percent, 10U);
  EXPECT_EQ(d.plant, Plant::stale_read);
  EXPECT_EQ(generator_class("u1k5_17").value().operations, 17U);
  for (const char* wrong : {"", "u", "x1k5_10", "u0k5_10", "u1k0_10", "u1k5", "u1k5_", "u1k5_1e13", "u1k5_10_worse",
                            "u1k5_10_i", "u1k5_10_i101", "u1k5_10bad"}) {
    EXPECT_FALSE(generator_class(wrong)) << wrong;
  }
}

TEST(Generator, DrawsTheSameHistoryAgainAndAnotherForAnotherSeed) {
  const GeneratorOptions options = generator_class("c3k8_3e3_i10").value();
  const History history = generated_history(options, 1);
  EXPECT_EQ(history, generated_history(options, 1));
  EXPECT_NE(history, generated_history(options, 2));
  GeneratedSource source(options, 1);
  std::size_t events = 0;
  for (int pass = 0; pass < 2; ++pass, source.rewind()) {
    for (auto batch = source.next(); !batch.empty(); batch = source.next()) events += batch.size();
  }
  EXPECT_EQ(events, 2 * history.size());
}

TEST(Generator, DrawsAsManyOperationsAsAskedForWithOutcomesThatFit) {
  const GeneratorOptions options = generator_class("c3k8_3e3_i20").value();
  const History history = generated_history(options, 3);
  std::size_t lost = 0, mutations = 0, mismatches = 0;
  std::set<std::pair<std::string, std::string>> written;
  const std::vector<Operation> operations = pair_operations(history);  // would throw if it broke a rule
  for (const Operation& operation : operations) {
    ASSERT_NE(operation.completion, nullptr);
    if (operation.call->f == "read") continue;
    ++mutations;
    lost += operation.outcome == EventType::info ? 1 : 0;
    mismatches += operation.completion->error == "mismatch" ? 1 : 0;
    const List* pair = operation.call->value.get_if<List>();
    const Value& value = pair == nullptr ? operation.call->value : (*pair)[1];
    EXPECT_TRUE(written.emplace(*operation.call->key, to_string(value)).second) << "written twice";
  }
  EXPECT_EQ(operations.size(), 3000U);
  EXPECT_GT(lost, mutations / 10);
  EXPECT_LT(lost, mutations / 3);
  EXPECT_GT(mismatches, 0U);
}

}  // namespace
}  // namespace ordeal::checker
