// The cluster is a fake, the processes are real: shells with children.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "nemesis/inject/injector.h"
#include "nemesis/inject/testing/shell_cluster.h"

namespace ordeal::nemesis {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(ProcessInjector, LeavesANodeAloneThatWasStartedAnewMeanwhile) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  injector->inject(1, Kill{}, at({"n1"}));
  cluster.start("n1");  // as another server of the cluster
  const auto processes = cluster.processes("n1");
  const Evidence healed = injector->heal(1);
  EXPECT_THAT(healed.note, HasSubstr("n1 runs already, as a new server that was added meanwhile"));
  EXPECT_EQ(cluster.processes("n1"), processes);
}

TEST(ProcessInjector, KillEndsEveryProcessOfTheNodeAndHealStartsIt) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  ASSERT_EQ(cluster.processes("n1").size(), 2u);
  const Evidence evidence = injector->inject(1, Kill{}, at({"n1"}));
  EXPECT_TRUE(evidence.effect);
  EXPECT_THAT(evidence.counts, Contains(Pair("processes_ended", 2)));
  EXPECT_THAT(evidence.counts, Contains(Pair("nodes_down", 1)));
  EXPECT_EQ(evidence.note, "n1 ended: signal 9");
  EXPECT_EQ(cluster.expected, std::vector<Node>{"n1"});
  EXPECT_EQ(cluster.state("n1"), "down");
  EXPECT_EQ(cluster.state("n2"), "runs");
  const Evidence healed = injector->heal(1);
  EXPECT_TRUE(healed.effect);
  EXPECT_THAT(healed.counts, Contains(Pair("nodes_started", 1)));
  EXPECT_EQ(cluster.state("n1"), "runs");
}

TEST(ProcessInjector, StopLetsTheNodeEndByItself) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  const Evidence evidence = injector->inject(1, Stop{}, at({"n1", "n2"}));
  EXPECT_TRUE(evidence.effect);
  EXPECT_EQ(evidence.note, "n1 ended: exit status 0; n2 ended: exit status 0");
  EXPECT_THAT(evidence.counts, Contains(Pair("nodes_down", 2)));
}

TEST(ProcessInjector, StopOfANodeThatDoesNotEndKillsItAndSaysSo) {
  ShellCluster cluster(stubborn);
  const auto injector = make_process_injector(cluster);
  const Evidence evidence = injector->inject(1, Stop{}, at({"n1"}));
  EXPECT_TRUE(evidence.effect);
  EXPECT_EQ(evidence.note, "n1 did not end within 5 s of SIGTERM and was killed; n1 ended: signal 9");
}

TEST(ProcessInjector, PauseStopsEveryProcessOfTheNodeUntilItHeals) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  const Evidence evidence = injector->inject(1, Pause{}, at({"n1"}));
  EXPECT_TRUE(evidence.effect);
  EXPECT_THAT(evidence.counts, Contains(Pair("processes_stopped", 2)));
  EXPECT_EQ(cluster.state("n1"), "paused");
  EXPECT_EQ(cluster.state("n2"), "runs");
  const Evidence healed = injector->heal(1);
  EXPECT_THAT(healed.counts, Contains(Pair("processes_resumed", 2)));
  EXPECT_EQ(cluster.state("n1"), "runs");
}

TEST(ProcessInjector, AFaultThatStrikesNobodyHasNoEffect) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  const Fault faults[] = {Kill{}, Stop{}, Pause{}};
  for (const Fault& fault : faults) {
    const Evidence evidence = injector->inject(1, fault, {});
    EXPECT_FALSE(evidence.effect);
    EXPECT_EQ(evidence.note, "no node was to be struck");
    EXPECT_FALSE(injector->heal(1).effect);
  }
}

// Faults 1, 2 and 3 on n1, overlapping in every way that matters. "+1 kill" injects, "-1" heals, "crash" is the node's
// own end. After each step: how n1 is, whether the fault has had an effect, and what the note says.
struct Step {
  std::string what;
  std::string state;
  bool effect;
  std::string note;
};
struct Overlap {
  std::string name;
  std::vector<Step> steps;
};

const std::vector<Overlap>& overlaps() {
  static const std::vector<Overlap> all = {
      {"two kills: started when the last one heals",
       {{"+1 kill", "down", true, "ended: signal 9"},
        {"+2 kill", "down", false, "n1 was already down"},
        {"-1", "down", true, "n1 is still held down by 2"},
        {"-2", "runs", false, "n1 was already down"}}},
      {"a stop inside a kill",
       {{"+1 kill", "down", true, "ended: signal 9"},
        {"+2 stop", "down", false, "n1 was already down"},
        {"-2", "down", false, "n1 is still held down by 1"},
        {"-1", "runs", true, "ended: signal 9"}}},
      {"a kill of a paused node, resumed first",
       {{"+1 pause", "paused", true, ""},
        {"+2 kill", "down", true, "ended the pause of n1; n1 ended: signal 9"},
        {"-1", "down", true, ""},
        {"-2", "runs", true, ""}}},
      {"a kill of a paused node, started first: the new node is not paused",
       {{"+1 pause", "paused", true, ""},
        {"+2 kill", "down", true, "ended the pause of n1"},
        {"-2", "runs", true, ""},
        {"-1", "runs", true, ""}}},
      {"a new pause of a node that was started is not bound to the old one",
       {{"+1 pause", "paused", true, ""},
        {"+2 kill", "down", true, ""},
        {"-2", "runs", true, ""},
        {"+3 pause", "paused", true, ""},
        {"-1", "paused", true, ""},
        {"-3", "runs", true, ""}}},
      {"a stop of a paused node",
       {{"+1 pause", "paused", true, ""},
        {"+2 stop", "down", true, "ended the pause of n1; n1 ended: exit status 0"},
        {"-2", "runs", true, ""},
        {"-1", "runs", true, ""}}},
      {"a pause of a killed node",
       {{"+1 kill", "down", true, ""},
        {"+2 pause", "down", false, "n1 does not run"},
        {"-1", "runs", true, ""},
        {"-2", "runs", false, "n1 does not run"}}},
      {"two pauses: resumed when the last one heals",
       {{"+1 pause", "paused", true, ""},
        {"+2 pause", "paused", true, "n1 was already paused by 1"},
        {"-1", "paused", true, "n1 is still paused by 2"},
        {"-2", "runs", true, ""}}},
      {"a node that crashed by itself is started by the kill that found it so",
       {{"crash", "down", false, ""}, {"+1 kill", "down", false, "n1 was already down"}, {"-1", "runs", false, ""}}},
      {"a node that crashed while it was held paused",
       {{"+1 pause", "paused", true, ""},
        {"crash", "down", false, ""},
        {"-1", "down", true, "n1 was no longer stopped when it was to be resumed"}}},
  };
  return all;
}

Evidence take(ShellCluster& cluster, Injector& injector, const std::string& what) {
  static const std::map<std::string, Fault> kinds = {{"kill", Kill{}}, {"stop", Stop{}}, {"pause", Pause{}}};
  if (what == "crash") return cluster.crash("n1"), Evidence{};
  const auto id = static_cast<std::uint64_t>(what[1] - '0');
  return what[0] == '-' ? injector.heal(id) : injector.inject(id, kinds.at(what.substr(3)), at({"n1"}));
}

TEST(ProcessInjector, OverlappingFaultsOnOneNodeAreCountedAndNeverBreak) {
  for (const auto& [name, steps] : overlaps()) {
    SCOPED_TRACE(name);
    ShellCluster cluster;
    const auto injector = make_process_injector(cluster);
    for (const Step& step : steps) {
      SCOPED_TRACE(step.what);
      const Evidence evidence = take(cluster, *injector, step.what);
      EXPECT_EQ(cluster.state("n1"), step.state);
      EXPECT_EQ(evidence.effect, step.effect);
      EXPECT_THAT(evidence.note, HasSubstr(step.note));
    }
  }
}

TEST(ProcessInjector, ANodeThatCannotBeStartedDoesNotKeepTheOthersFromIt) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  injector->inject(4, Kill{}, at({"n1", "n2"}));
  cluster.refuse_to_start = "n1";
  try {
    injector->heal(4);
    FAIL() << "n1 was refused";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "healing fault 4: n1: cannot be started");
  }
  EXPECT_EQ(cluster.state("n2"), "runs");
}

TEST(ProcessInjectorDeathTest, HealingAnUnknownFaultIsAnAssertion) {
  ShellCluster cluster;
  const auto injector = make_process_injector(cluster);
  EXPECT_DEATH(injector->heal(9), "active != active_.end\\(\\)");
}

}  // namespace
}  // namespace ordeal::nemesis
