// Starvation of real processes: shells, one of which is never idle.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nemesis/inject/injector.h"
#include "nemesis/inject/testing/shell_cluster.h"

namespace ordeal::nemesis {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr const char* busy = "echo ready; while :; do :; done";

Starve starve(int share_percent, milliseconds period = milliseconds(20)) {
  return {.selector = {}, .share_percent = share_percent, .period = period};
}

std::int64_t count_of(const Evidence& evidence, const std::string& name) {
  for (const auto& [what, count] : evidence.counts)
    if (what == name) return count;
  return -1;
}

// What the node has used of processors until now, in this life.
std::chrono::nanoseconds used_by(const ShellCluster& cluster, const Node& node) {
  std::chrono::nanoseconds used{0};
  for (const pid_t process : cluster.processes(node))
    used += cpu_time_of(process).value_or(std::chrono::nanoseconds(0));
  return used;
}

void wait_for(const std::function<bool()>& seen) {
  while (!seen()) std::this_thread::sleep_for(milliseconds(1));
}

// How long a node stands still does not depend on how busy the machine is; how much it gets does.
TEST(Starvation, ABusyNodeGetsNoMoreThanItsShareAndTheOthersGoOn) {
  ShellCluster cluster(busy);
  const auto injector = make_process_injector(cluster);
  wait_for([&] { return used_by(cluster, "n1") > milliseconds(20); });
  const auto other_before = used_by(cluster, "n2");
  const Evidence injected = injector->inject(1, starve(10), at({"n1"}));
  EXPECT_FALSE(injected.effect) << "nothing was seen yet";
  wait_for([&] { return used_by(cluster, "n2") > other_before + milliseconds(300); });
  const Evidence healed = injector->heal(1);
  EXPECT_TRUE(healed.effect);
  EXPECT_GT(count_of(healed, "stops"), 3);
  EXPECT_LT(count_of(healed, "cpu_permille"), 400) << "100 are its share";
  EXPECT_GT(count_of(healed, "cpu_permille_before"), 0);
  EXPECT_THAT(healed.note, HasSubstr("n1 had "));
  EXPECT_EQ(cluster.state("n1"), "runs");
  const auto after = used_by(cluster, "n1");
  wait_for([&] { return used_by(cluster, "n1") > after + milliseconds(50); });
  EXPECT_EQ(cluster.state("n1"), "runs") << "nobody stops it any more";
}

TEST(Starvation, WhatIsStartedMeanwhileIsStarvedAsWell) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  injector->inject(1, starve(5), at({"n1"}));
  injector->inject(2, Kill{}, at({"n1"}));
  EXPECT_EQ(cluster.state("n1"), "down");
  injector->heal(2);
  wait_for([&] { return cluster.state("n1") == "paused"; });
  EXPECT_TRUE(injector->heal(1).effect);
  EXPECT_EQ(cluster.state("n1"), "runs");
}

TEST(Starvation, ANodeThatDoesNotRunIsNotStarved) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  injector->inject(2, Kill{}, at({"n1"}));
  injector->inject(1, starve(5), at({"n1"}));
  const Evidence healed = injector->heal(1);
  EXPECT_FALSE(healed.effect);
  EXPECT_THAT(healed.note, HasSubstr("n1 was never seen to stand still"));
  injector->heal(2);
}

// A pause means that no instruction is executed, whoever else wants to let the node run a little.
TEST(Starvation, RestsWhileANodeIsPausedAndGoesOnAfterwards) {
  ShellCluster cluster(busy);
  const auto injector = make_process_injector(cluster);
  injector->inject(1, starve(80), at({"n1"}));
  EXPECT_THAT(injector->inject(2, Pause{}, at({"n1"})).counts, Contains(Pair("processes_stopped", 1)));
  const auto used = used_by(cluster, "n1");
  const auto other = used_by(cluster, "n2");
  wait_for([&] { return used_by(cluster, "n2") > other + milliseconds(100); });
  EXPECT_EQ(used_by(cluster, "n1"), used);
  EXPECT_THAT(injector->heal(2).counts, Contains(Pair("processes_resumed", 1)));
  wait_for([&] { return used_by(cluster, "n1") > used + milliseconds(20); });
  EXPECT_TRUE(injector->heal(1).effect);
  EXPECT_EQ(cluster.state("n1"), "runs");
}

TEST(Starvation, ThatHealsWhileANodeIsPausedLeavesItPaused) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  injector->inject(1, starve(5), at({"n1"}));
  injector->inject(2, Pause{}, at({"n1"}));
  injector->heal(1);
  EXPECT_EQ(cluster.state("n1"), "paused");
  injector->heal(2);
  EXPECT_EQ(cluster.state("n1"), "runs");
}

TEST(Starvation, AKillOfAPausedNodeLeavesItsNextLifeStarving) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  injector->inject(1, starve(5), at({"n1"}));
  injector->inject(2, Pause{}, at({"n1"}));
  injector->inject(3, Kill{}, at({"n1"}));
  injector->heal(3);
  wait_for([&] { return cluster.state("n1") == "paused"; });
  injector->heal(2);
  injector->heal(1);
  EXPECT_EQ(cluster.state("n1"), "runs");
}

TEST(Starvation, AStopIsHeardByANodeThatStarves) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  injector->inject(1, starve(1, milliseconds(20'000)), at({"n1"}));
  wait_for([&] { return cluster.state("n1") == "paused"; });
  EXPECT_THAT(injector->inject(2, Stop{}, at({"n1"})).note, HasSubstr("n1 ended: exit status 0"));
  injector->heal(2);
  injector->heal(1);
  EXPECT_EQ(cluster.state("n1"), "runs");
}

TEST(Starvation, OfSeveralTheStrictestCountsUntilItHeals) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  injector->inject(1, starve(90, std::chrono::hours(1)), at({"n1"}));
  injector->inject(2, starve(5), at({"n1"}));
  injector->heal(1);
  wait_for([&] { return cluster.state("n1") == "paused"; });
  injector->heal(2);
  EXPECT_EQ(cluster.state("n1"), "runs");
}

TEST(Starvation, EndsWithItsInjector) {
  ShellCluster cluster;
  auto injector = make_process_injector(cluster);
  injector->inject(1, starve(5, milliseconds(1000)), at({"n1"}));
  wait_for([&] { return cluster.state("n1") == "paused"; });
  injector.reset();
  EXPECT_EQ(cluster.state("n1"), "runs");
}

}  // namespace
}  // namespace ordeal::nemesis
