// Thousands of seeds, and the proof that they were no empty exercise.

#include "target-raftd/raft/simulation/simulation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace raftd::simulation {
namespace {

// Each range is a test of its own, so that several cores share the work.
class Seeds : public testing::TestWithParam<std::uint64_t> {};

constexpr std::uint64_t seeds_per_range = 1500;

TEST_P(Seeds, EveryInvariantHoldsAndTheHealedClusterMakesProgress) {
  Statistics total;
  for (std::uint64_t seed = GetParam(); seed < GetParam() + seeds_per_range; ++seed) {
    const Options options = draw_options(seed);
    const Outcome outcome = simulate(options);
    ASSERT_FALSE(outcome.violation) << *outcome.violation << "\n  " << describe(options)
                                    << "\n  again: raftd-sim --seed " << seed << " --trace";
    total += outcome.statistics;
  }
  // A quarter of what a range of seeds showed when this was written: a simulation that gets lazy is noticed.
  SCOPED_TRACE(describe(total));
  EXPECT_GT(total.campaigns, 6'000);
  EXPECT_GT(total.leaders, 1'800);
  EXPECT_GT(total.truncations, 200);
  EXPECT_GT(total.commits, 35'000);
  EXPECT_GT(total.commits_of_old_terms, 900);
  EXPECT_GT(total.writes, 30'000);
  EXPECT_GT(total.duplicates, 12'000);
  EXPECT_GT(total.reads, 20'000);
  EXPECT_GT(total.forwarded_reads, 4'000);
  EXPECT_GT(total.refused_reads, 1'500);
  EXPECT_GT(total.lost, 25'000);
  EXPECT_GT(total.late, 40'000);
  EXPECT_GT(total.repeated, 40'000);
  EXPECT_GT(total.cut_off, 18'000);
  EXPECT_GT(total.crashes, 2'500);
  EXPECT_GT(total.torn_batches, 50);
  EXPECT_GT(total.partitions, 1'800);
  EXPECT_GT(total.pauses, 700);
}

INSTANTIATE_TEST_SUITE_P(Simulation, Seeds, testing::Values(1, 1501, 3001, 4501));

TEST(Simulation, ASeedRepeatsToTheLastMessage) {
  for (const std::uint64_t seed : {3U, 8U, 21U}) {
    std::vector<std::string> first;
    std::vector<std::string> second;
    simulate(draw_options(seed), [&](const std::string& line) { first.push_back(line); });
    simulate(draw_options(seed), [&](const std::string& line) { second.push_back(line); });
    EXPECT_GT(first.size(), 100U);
    EXPECT_EQ(first, second) << "seed " << seed;
  }
}

}  // namespace
}  // namespace raftd::simulation
