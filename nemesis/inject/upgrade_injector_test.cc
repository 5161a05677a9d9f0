// The cluster is a fake, the processes are real: each version of a node sleeps for a time of its own.

#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "nemesis/inject/injector.h"
#include "nemesis/inject/process_state.h"
#include "nemesis/inject/program_seen.h"

namespace ordeal::nemesis {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

class FakeCluster final : public Cluster {
 public:
  FakeCluster() {
    for (const Node& node : nodes()) start(node);
    steps.clear();
  }
  ~FakeCluster() override {
    for (const Node& node : nodes()) end(node, SIGKILL);
  }

  std::vector<Node> nodes() const override { return {"n1", "n2", "n3"}; }
  std::optional<Node> leader() const override { return std::nullopt; }
  std::string address(const Node&) const override { return ""; }
  int network_namespace(const Node&) const override { return -1; }
  std::filesystem::path data_folder(const Node&) const override { return ""; }
  std::vector<pid_t> processes(const Node& node) const override {
    const auto found = processes_.find(node);
    if (found == processes_.end() || state_of(found->second) == ProcessState::gone) return {};
    return {found->second};
  }
  void expect_exit(const Node&) override {}
  std::optional<std::string> await_exit(const Node& node, milliseconds) override {
    const auto found = processes_.find(node);
    if (found == processes_.end()) return std::nullopt;
    int status = 0;
    ::waitpid(found->second, &status, 0);
    processes_.erase(found);
    steps.push_back(node + " ends");
    return "signal " + std::to_string(WTERMSIG(status));
  }
  void start(const Node& node) override {
    const char* seconds = other_.contains(node) && !ignores_versions ? "2000" : "1000";
    const char* words[] = {"sleep", seconds, nullptr};
    ASSERT_EQ(::posix_spawnp(&processes_[node], "sleep", nullptr, nullptr, const_cast<char**>(words), environ), 0);
    steps.push_back(node + " starts");
  }
  void set_version(const Node& node, bool other) override {
    if (other) other_.insert(node);
    if (!other && !never_turns_back) other_.erase(node);
  }
  std::optional<std::string> why_not_ready(const Node& node, milliseconds) override {
    if (never_ready == node) return "it says 503";
    steps.push_back(node + " is ready");
    return std::nullopt;
  }

  void end(const Node& node, int signal) {
    for (const pid_t process : processes(node)) ::kill(process, signal);
    await_exit(node, milliseconds(5000));
  }
  // The word by which versions differ: "1000", "2000"; "": it does not run.
  std::string version(const Node& node) const {
    for (;;) {
      const auto found = processes(node);
      if (found.empty()) return "";
      if (const auto program = program_of(found.front())) return program->words.at(1);  // its exec is over
    }
  }
  std::vector<std::string> versions() const { return {version("n1"), version("n2"), version("n3")}; }

  std::vector<std::string> steps;
  Node never_ready;
  bool ignores_versions = false, never_turns_back = false;

 private:
  std::map<Node, pid_t> processes_;
  std::set<Node> other_;
};

struct World {
  FakeCluster cluster;
  std::unique_ptr<Injector> processes = make_process_injector(cluster);
  std::unique_ptr<Injector> upgrades = make_upgrade_injector(cluster, *processes);
};

const Nodes everybody{"n1", "n2", "n3"};

TEST(UpgradeInjector, TurnsItsNodesAndNoOthersAndTurnsThemBack) {
  World world;
  const Evidence injected = world.upgrades->inject(1, Upgrade{}, {.nodes = {"n1", "n3"}});
  EXPECT_TRUE(injected.effect);
  EXPECT_THAT(injected.counts, Contains(Pair("nodes_turned", 2)));
  EXPECT_THAT(injected.note, HasSubstr("n3 runs the other version: with 2000, without 1000"));
  EXPECT_THAT(world.cluster.versions(), ElementsAre("2000", "1000", "2000"));
  const Evidence healed = world.upgrades->heal(1);
  EXPECT_TRUE(healed.effect);
  EXPECT_THAT(healed.counts, Contains(Pair("nodes_turned_back", 2)));
  EXPECT_THAT(healed.counts, Contains(Pair("nodes_restarted", 4)));
  EXPECT_THAT(healed.note, HasSubstr("n3 runs its own version: with 1000, without 2000"));
  EXPECT_THAT(world.cluster.versions(), ElementsAre("1000", "1000", "1000"));
}

TEST(UpgradeInjector, RestartsTheNextNodeOnlyWhenTheOneBeforeIsReady) {
  std::set<Node> firsts;
  for (std::uint64_t draw = 0; draw < 20; ++draw) {
    World world;
    world.upgrades->inject(1, Upgrade{}, {.nodes = everybody, .draw = draw});
    const std::vector<std::string>& steps = world.cluster.steps;
    ASSERT_THAT(steps, SizeIs(9));
    for (std::size_t i = 0; i < steps.size(); i += 3) {
      const Node node = steps[i].substr(0, 2);
      EXPECT_EQ(steps[i], node + " ends");
      EXPECT_EQ(steps[i + 1], node + " starts");
      EXPECT_EQ(steps[i + 2], node + " is ready");
    }
    firsts.insert(steps[0].substr(0, 2));
    world.upgrades->heal(1);
  }
  EXPECT_EQ(firsts, everybody) << "the order is drawn";
}

TEST(UpgradeInjector, EndsTheRollWhereANodeIsNotReadyAndStillTurnsAllBack) {
  World world;
  world.cluster.never_ready = "n2";
  std::size_t shortest = 3;
  for (std::uint64_t draw = 0; draw < 10; ++draw) {
    const Evidence injected = world.upgrades->inject(draw, Upgrade{}, {.nodes = everybody, .draw = draw});
    const auto turned = static_cast<std::size_t>(std::ranges::count(world.cluster.versions(), "2000"));
    shortest = std::min(shortest, turned);
    EXPECT_EQ(world.cluster.version("n2"), "2000");
    EXPECT_THAT(injected.note, HasSubstr("n2 was not ready within 5 s: it says 503"));
    EXPECT_THAT(injected.note, HasSubstr("the roll ended there, at " + std::to_string(turned) + " of 3 nodes"));
    world.upgrades->heal(draw);
    EXPECT_THAT(world.cluster.versions(), ElementsAre("1000", "1000", "1000"));
  }
  EXPECT_EQ(shortest, 1U);
}

TEST(UpgradeInjector, WhatIsKeptIsTurnedBackByTheNextOne) {
  World world;
  world.upgrades->inject(1, Upgrade{{}, true}, {.nodes = {"n1", "n2"}});
  EXPECT_THAT(world.upgrades->heal(1).note, HasSubstr("kept"));
  EXPECT_THAT(world.cluster.versions(), ElementsAre("2000", "2000", "1000"));
  world.upgrades->inject(2, Upgrade{{}, true}, {.nodes = {"n2", "n3"}});
  world.upgrades->heal(2);
  EXPECT_THAT(world.cluster.versions(), ElementsAre("2000", "1000", "2000"));
  world.upgrades->inject(3, Upgrade{}, {.nodes = {"n1"}});
  EXPECT_THAT(world.cluster.versions(), ElementsAre("1000", "1000", "2000"));
  world.upgrades->heal(3);
  EXPECT_THAT(world.cluster.versions(), ElementsAre("2000", "1000", "2000"));
}

TEST(UpgradeInjector, OnesThatOverlapOnANodeTurnItTwice) {
  World world;
  world.upgrades->inject(1, Upgrade{}, {.nodes = {"n1"}});
  world.upgrades->inject(2, Upgrade{}, {.nodes = {"n1", "n2"}});
  EXPECT_THAT(world.cluster.versions(), ElementsAre("1000", "2000", "1000"));
  world.upgrades->heal(1);
  EXPECT_THAT(world.cluster.versions(), ElementsAre("2000", "2000", "1000"));
  world.upgrades->heal(2);
  EXPECT_THAT(world.cluster.versions(), ElementsAre("1000", "1000", "1000"));
}

TEST(UpgradeInjector, ANodeThatIsHeldDownStartsAsWhatItIsThen) {
  World world;
  world.processes->inject(7, Kill{}, {.nodes = {"n1"}});
  const Evidence injected = world.upgrades->inject(1, Upgrade{}, {.nodes = {"n1"}});
  EXPECT_FALSE(injected.effect);
  EXPECT_THAT(injected.note, HasSubstr("n1 is down, and is the other version when it starts"));
  EXPECT_EQ(world.cluster.version("n1"), "");
  world.processes->heal(7);
  EXPECT_EQ(world.cluster.version("n1"), "2000");
  EXPECT_TRUE(world.upgrades->heal(1).effect) << "it ran the other version in the end";
  EXPECT_EQ(world.cluster.version("n1"), "1000");
}

TEST(UpgradeInjector, AVersionThatRunsTheSameHasNoEffect) {
  World world;
  world.cluster.ignores_versions = true;
  const Evidence injected = world.upgrades->inject(1, Upgrade{}, {.nodes = {"n1"}});
  EXPECT_FALSE(injected.effect);
  EXPECT_THAT(injected.counts, Not(Contains(Pair("nodes_turned", ::testing::_))));
  EXPECT_THAT(injected.note, HasSubstr("n1 runs the same as before"));
  EXPECT_FALSE(world.upgrades->heal(1).effect);
}

TEST(UpgradeInjector, ANodeThatDoesNotTurnBackIsAFailure) {
  World world;
  world.upgrades->inject(1, Upgrade{}, {.nodes = {"n1"}});
  world.cluster.never_turns_back = true;
  EXPECT_THROW(world.upgrades->heal(1), std::runtime_error);
}

TEST(UpgradeInjector, AClusterWithoutAnotherVersionSaysSo) {
  FakeCluster cluster;
  EXPECT_THROW(cluster.Cluster::set_version("n1", true), std::runtime_error);
}

}  // namespace
}  // namespace ordeal::nemesis
