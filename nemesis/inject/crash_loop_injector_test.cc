// The nodes are shells; whether one is ready is what the test says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "nemesis/inject/injector.h"
#include "nemesis/inject/testing/shell_cluster.h"

namespace ordeal::nemesis {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

class ReadyCluster final : public ShellCluster {
 public:
  void watch_readiness(const Node& node) override { watched.push_back(node); }
  std::optional<steady_clock::time_point> ready_since(const Node& node) const override {
    return ready.contains(node) ? std::optional(steady_clock::now()) : std::nullopt;
  }
  std::set<Node> ready;
  std::vector<Node> watched;
};

class CrashLoops : public ::testing::Test {
 protected:
  static CrashLoop loop(int times, milliseconds alive = milliseconds(1)) {
    return {.selector = {}, .times = times, .alive = {alive, alive}, .down = {milliseconds(1), milliseconds(1)}};
  }
  // Until nothing is due for a minute.
  void play() {
    while (loops_->go_on() < steady_clock::now() + std::chrono::minutes(1))
      std::this_thread::sleep_for(milliseconds(1));
  }
  std::ptrdiff_t starts_of(const Node& node) const {
    return std::count(cluster_.starts.begin(), cluster_.starts.end(), node);
  }

  ReadyCluster cluster_;
  std::unique_ptr<Injector> processes_ = make_process_injector(cluster_);
  std::unique_ptr<Injector> loops_ = make_crash_loop_injector(cluster_, *processes_);
};

TEST_F(CrashLoops, ANodeIsKilledAfterEachOfSoManyStartsAndThenLeftRunning) {
  const Evidence injected = loops_->inject(1, loop(3), at({"n1"}));
  EXPECT_FALSE(injected.effect) << "that is a kill, and no loop yet";
  EXPECT_EQ(cluster_.state("n1"), "down");
  play();
  EXPECT_EQ(starts_of("n1"), 4);
  EXPECT_EQ(cluster_.watched.size(), 4U) << "from each start on it is asked whether it is ready";
  EXPECT_EQ(cluster_.state("n1"), "runs");
  const std::vector<pid_t> left_running = cluster_.processes("n1");
  const Evidence healed = loops_->heal(1);
  EXPECT_TRUE(healed.effect);
  EXPECT_THAT(healed.counts, Contains(Pair("killed_before_ready", 3)));
  EXPECT_THAT(healed.counts, Contains(Pair("nodes_started", 4)));
  EXPECT_THAT(healed.note, HasSubstr("n1 was killed after a start 3 times: "));
  EXPECT_EQ(cluster_.processes("n1"), left_running);
  EXPECT_EQ(cluster_.expected, std::vector<Node>(4, "n1")) << "none of its ends was its own doing";
}

TEST_F(CrashLoops, KillsOfANodeThatHadBecomeReadyAreToldApart) {
  cluster_.ready = {"n2"};
  loops_->inject(1, loop(2), at({"n1", "n2"}));
  play();
  const Evidence healed = loops_->heal(1);
  EXPECT_THAT(healed.counts, Contains(Pair("killed_before_ready", 2)));
  EXPECT_THAT(healed.counts, Contains(Pair("killed_when_ready", 2)));
  EXPECT_EQ(cluster_.state("n1"), "runs");
  EXPECT_EQ(cluster_.state("n2"), "runs");
}

TEST_F(CrashLoops, HealsAtAnyMomentToANodeThatRuns) {
  loops_->inject(1, loop(3), at({"n1"}));
  const Evidence while_down = loops_->heal(1);
  EXPECT_EQ(cluster_.state("n1"), "runs");
  EXPECT_FALSE(while_down.effect);
  EXPECT_THAT(while_down.note, HasSubstr("3 kills of n1 were left when it healed"));

  loops_->inject(2, loop(3, std::chrono::hours(1)), at({"n1"}));
  while (starts_of("n1") < 2) {
    loops_->go_on();
    std::this_thread::sleep_for(milliseconds(1));
  }
  loops_->heal(2);
  EXPECT_EQ(cluster_.state("n1"), "runs");
  EXPECT_EQ(loops_->go_on(), steady_clock::time_point::max()) << "nothing is left to do";
}

TEST_F(CrashLoops, ANodeThatAnotherFaultHoldsDownStaysDown) {
  loops_->inject(1, loop(2), at({"n1"}));
  processes_->inject(2, Kill{}, at({"n1"}));
  play();
  EXPECT_EQ(cluster_.state("n1"), "down");
  const Evidence healed = loops_->heal(1);
  EXPECT_FALSE(healed.effect);
  EXPECT_THAT(healed.counts, Not(Contains(Key("killed_before_ready"))));
  EXPECT_THAT(healed.note, HasSubstr("n1 does not run now"));
  EXPECT_THAT(processes_->heal(2).counts, Contains(Pair("nodes_started", 1)));
  EXPECT_EQ(cluster_.state("n1"), "runs");
}

TEST_F(CrashLoops, ANodeThatCannotBeStartedDoesNotKeepTheOthersFromIt) {
  loops_->inject(4, loop(1, std::chrono::hours(1)), at({"n1", "n2"}));
  cluster_.refuse_to_start = "n1";
  try {
    loops_->heal(4);
    FAIL() << "n1 was refused";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("healing fault 4: ")) << "the number that the schedule knows";
    EXPECT_THAT(error.what(), HasSubstr("n1: cannot be started"));
  }
  EXPECT_EQ(cluster_.state("n2"), "runs");
}

}  // namespace
}  // namespace ordeal::nemesis
