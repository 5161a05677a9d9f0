// The scoring with a stand-in for `ordeal`: a script that leaves the run folder that the name of the binary asks for.

#include "harness/mutants/scoring.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "harness/cluster/testing/temporary_folder.h"
#include "harness/config/config_error.h"
#include "harness/report/results_json.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// ordeal run PLAN --binary FILE --store DIR --seed N [--set duration=D], or
// ordeal scenario FILE --binary FILE --store DIR
constexpr const char* script = R"(#!/bin/sh
here=$(dirname "$0")
binary=$(basename "$4"); store=$6; seed=$8
echo "$1 $binary $(basename "$2") $seed ${10}" >>"$here/calls"
mkdir -p "$store/run"; ln -sfn run "$store/latest"
end=$binary
[ "$binary" = killed-in-third-run ] && { end=valid; [ "$seed" = 2001 ] && end=killed; }
case $end in
  usage) echo "ordeal: error: plan.yaml:1:1: bad plan"; exit 254 ;;
  no-sandbox) echo "ordeal: error: no namespaces here; ask the machine's owner"; exit 255 ;;
  never-ready) echo '{"value":"run-began"}' >"$store/run/history.jsonl"
    echo "ordeal: error: n1: ended before all nodes were ready"; exit 255 ;;
  crashed-ordeal) echo '{"value":"load-began"}' >"$store/run/history.jsonl"; kill -SEGV $$ ;;
  hangs) echo '{"value":"load-began"}' >"$store/run/history.jsonl"; exec sleep 1000 ;;
esac
echo '{"value":"load-began"}' >"$store/run/history.jsonl"
cp "$here/$end.json" "$store/run/results.json"
[ "$end" = valid ]
)";

class Scoring : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(program()) << script;
    fs::permissions(program(), fs::perms::owner_all);
    Results results;
    results.load_ended = 20s;
    results.ended = 21s;
    std::ofstream(folder_.path() / "valid.json") << to_json(results);
    results.load_ended = 3s;
    results.ended = 4s;
    results.verdict = checker::Verdict::invalid;
    results.findings.push_back(
        {.check = "set", .verdict = results.verdict, .summary = "3 was lost", .details = {}, .witness = {}});
    std::ofstream(folder_.path() / "killed.json") << to_json(results);
  }

  fs::path program() const { return folder_.path() / "ordeal"; }

  static Trial trial(const std::string& name, std::uint64_t seed = 1) {
    Trial trial;
    trial.name = name;
    trial.binary = "/bin/" + name;
    trial.plans = {{.file = "kills.yaml", .duration = 20s, .patience = 1min}};
    trial.seed = seed;
    trial.budget = 50s;
    return trial;
  }

  std::vector<std::optional<SeedScore>> played(const std::vector<Trial>& trials, int jobs = 1) {
    return play(trials, {.program = program(),
                         .folder = folder_.path() / "runs",
                         .jobs = jobs,
                         .finished = [this](std::size_t, const SeedScore&, const fs::path& run) { kept_ = run; },
                         .tick = [](const auto&) {},
                         .interrupted = [this] { return interrupted_; }});
  }

  std::string calls() const {
    std::stringstream text;
    text << std::ifstream(folder_.path() / "calls").rdbuf();
    return text.str();
  }

  TemporaryFolder folder_;
  fs::path kept_;
  bool interrupted_ = false;
};

TEST_F(Scoring, RunsUntilTheBudgetOfLoadIsUsedUp) {
  const auto scores = played({trial("valid")});
  EXPECT_EQ(scores.at(0)->status, MutantStatus::survived);
  EXPECT_EQ(scores.at(0)->load, Seconds(60));
  EXPECT_EQ(calls(), "run valid kills.yaml 1 \nrun valid kills.yaml 1001 \nrun valid kills.yaml 2001 duration=10s\n");
  EXPECT_FALSE(fs::exists(folder_.path() / "runs/valid/seed-1/run-1"));  // it says nothing
}

TEST_F(Scoring, StopsAtTheRunThatKilledAndKeepsIt) {
  const auto scores = played({trial("killed-in-third-run"), trial("killed", 2)}, 2);
  EXPECT_EQ(scores.at(0)->status, MutantStatus::killed);
  EXPECT_EQ(scores.at(0)->by, "set");
  EXPECT_EQ(scores.at(0)->runs, 3);
  EXPECT_EQ(scores.at(0)->length, Seconds(46));
  EXPECT_EQ(scores.at(1)->length, Seconds(4));
  EXPECT_TRUE(fs::exists(kept_ / "results.json")) << kept_;
}

TEST_F(Scoring, TakesItsPlansInTurnAndAllOfThemWhenAsked) {
  Trial clean = trial("valid");
  clean.plans.push_back({.file = "partitions.yaml", .duration = 20s, .patience = 1min});
  clean.budget = 0s;
  clean.least_runs = 3;
  EXPECT_EQ(played({clean}).at(0)->runs, 3);
  EXPECT_EQ(calls(), "run valid kills.yaml 1 \nrun valid partitions.yaml 1001 \nrun valid kills.yaml 2001 \n");
}

TEST_F(Scoring, AScenarioIsPlayedAgainAndAgainWithoutSeedOrDuration) {
  Trial trial = Scoring::trial("valid");
  trial.plans = {{.file = "split-brain.yaml", .is_scenario = true, .patience = 1min}};
  trial.budget = 30s;
  EXPECT_EQ(played({trial}).at(0)->runs, 2);
  EXPECT_EQ(calls(), "scenario valid split-brain.yaml  \nscenario valid split-brain.yaml  \n");
}

TEST_F(Scoring, CallsBrokenWhatFormsNoCluster) {
  const auto scores = played({trial("never-ready")});
  EXPECT_EQ(scores.at(0)->status, MutantStatus::broken);
  EXPECT_EQ(scores.at(0)->detail, "it formed no cluster: n1: ended before all nodes were ready");
  EXPECT_FALSE(scores.at(0)->failed);
}

TEST_F(Scoring, NeverBlamesTheTargetForTheHarness) {
  EXPECT_TRUE(played({trial("crashed-ordeal")}).at(0)->failed);
  EXPECT_THROW(played({trial("no-sandbox")}), std::runtime_error);
  EXPECT_THROW(played({trial("usage")}), ConfigError);
}

TEST_F(Scoring, GivesUpARunThatHangs) {
  Trial hanging = trial("hangs");
  hanging.plans.front().patience = 10ms;
  const auto scores = played({hanging});
  EXPECT_TRUE(scores.at(0)->failed);
  EXPECT_EQ(scores.at(0)->detail.substr(0, 34), "ordeal itself ended with signal 9:");
}

TEST_F(Scoring, LeavesOutWhatWasInterrupted) {
  interrupted_ = true;
  EXPECT_FALSE(played({trial("valid")}).at(0).has_value());
}

}  // namespace
}  // namespace ordeal::harness
