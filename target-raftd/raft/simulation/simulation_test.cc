// Thousands of seeds, and the proof that they were no empty exercise.

#include "target-raftd/raft/simulation/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "target-raftd/raft/simulation/testing/present_seed.h"

namespace raftd::simulation {
namespace {

// Each range is a test of its own, so that several cores share the work.
class Seeds : public testing::TestWithParam<std::uint64_t> {};

// Sanitizers make everything many times slower; they look for other bugs than wrong decisions.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RAFTD_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RAFTD_SANITIZED
#endif
#ifdef RAFTD_SANITIZED
constexpr std::uint64_t seeds_per_range = 500;
#else
constexpr std::uint64_t seeds_per_range = 5000;
#endif

// About a quarter of what a thousand seeds showed when this was written: a simulation that gets lazy is noticed.
struct Floor {
  const char* name;
  std::uint64_t Statistics::*field;
  std::uint64_t per_thousand_seeds;
};
constexpr Floor floors[] = {
    {"campaigns", &Statistics::campaigns, 2'700},
    {"leaders", &Statistics::leaders, 1'100},
    {"truncations", &Statistics::truncations, 70},
    {"commits", &Statistics::commits, 27'000},
    {"commits of old terms", &Statistics::commits_of_old_terms, 570},
    {"writes", &Statistics::writes, 24'000},
    {"duplicates", &Statistics::duplicates, 5'800},
    {"reads", &Statistics::reads, 29'000},
    {"forwarded reads", &Statistics::forwarded_reads, 13'000},
    {"lease reads", &Statistics::lease_reads, 16'000},
    {"refused reads", &Statistics::refused_reads, 12'000},
    {"lost", &Statistics::lost, 16'000},
    {"late", &Statistics::late, 27'000},
    {"repeated", &Statistics::repeated, 27'000},
    {"cut off", &Statistics::cut_off, 19'000},
    {"usurpations", &Statistics::usurpations, 260},
    {"reminders", &Statistics::reminders, 16'000},
    {"crashes", &Statistics::crashes, 2'900},
    {"torn batches", &Statistics::torn_batches, 50},
    {"partitions", &Statistics::partitions, 1'700},
    {"pauses", &Statistics::pauses, 860},
    {"disk faults", &Statistics::disk_faults, 280},
    {"lost disks", &Statistics::lost_disks, 80},
    {"snapshots", &Statistics::snapshots, 7'400},
    {"installs", &Statistics::installs, 320},
    {"changes", &Statistics::changes, 700},
    {"refused changes", &Statistics::refused_changes, 1'500},
    {"transfers", &Statistics::transfers, 190},
    {"quiet topologies", &Statistics::quiet_topologies, 60},
    {"rejoins", &Statistics::rejoins, 110},
};

TEST_P(Seeds, EveryInvariantHoldsAndTheHealedClusterMakesProgress) {
  name_seed_on_abort();
  Statistics total;
  for (std::uint64_t seed = GetParam(); seed < GetParam() + seeds_per_range; ++seed) {
    const Options options = draw_options(seed);
    const Outcome outcome = simulate(options);
    ASSERT_FALSE(outcome.violation) << *outcome.violation << "\n  " << describe(options)
                                    << "\n  again: raftd-sim --seed " << seed << " --trace";
    total += outcome.statistics;
  }
  for (const Floor& floor : floors) {
    EXPECT_GT(total.*floor.field, floor.per_thousand_seeds * seeds_per_range / 1000) << floor.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Simulation, Seeds, testing::Values(1, 5001, 10001, 15001));

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

TEST(Simulation, ATraceIsPlainText) {
  simulate(draw_options(5), [](const std::string& line) {
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; })) << line;
  });
}

}  // namespace
}  // namespace raftd::simulation
