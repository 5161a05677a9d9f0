#include "harness/mutants/score.h"

#include <gtest/gtest.h>

#include "harness/mutants/scores_table.h"

namespace ordeal::harness {
namespace {

using checker::Finding;
using checker::Verdict;
using std::chrono::seconds;

Finding finding(const std::string& check, Verdict verdict) {
  return {.check = check, .verdict = verdict, .summary = check + " says so", .details = {}, .witness = {}};
}

Finding witnessed(const std::string& check, seconds at) {
  Finding invalid = finding(check, Verdict::invalid);
  invalid.witness.emplace();
  invalid.witness->completion.time = at;
  return invalid;
}

NodeExit crash(seconds at) {
  return {.node = "n2", .time = at, .expected = false, .status = "signal 6", .last_lines = {"Assertion failed"}};
}

NodeExit refusal(seconds at) {
  return {.node = "n2", .time = at, .expected = false, .status = "exit status 1", .last_lines = {"the log is damaged"}};
}

Results results(std::vector<Finding> findings, std::vector<NodeExit> exits = {}) {
  Results results;
  results.load_began = seconds(2);
  results.load_ended = seconds(12);
  results.ended = seconds(15);
  results.findings = std::move(findings);
  results.exits = std::move(exits);
  if (!results.exits.empty()) results.findings.push_back(finding("exits", Verdict::unavailable));
  for (const Finding& one : results.findings) results.verdict = checker::worse(results.verdict, one.verdict);
  return results;
}

struct Judged {
  std::string about;
  Results results;
  RunEnd end;
  std::string by;
};

TEST(RunOutcome, NamesTheCheckThatFoundTheBugUnlessACrashCameFirst) {
  NodeExit killed_by_nemesis = crash(seconds(3));
  killed_by_nemesis.expected = true;
  NodeExit other_killed_by_nemesis = killed_by_nemesis;
  other_killed_by_nemesis.node = "n1";
  const Judged cases[] = {
      {"all is well", results({finding("linearizable", Verdict::valid)}), RunEnd::undecided, ""},
      {"a violation", results({finding("linearizable", Verdict::invalid)}), RunEnd::killed, "linearizable"},
      {"a violation outranks unavailability",
       results({finding("liveness", Verdict::unavailable), finding("set", Verdict::invalid)}), RunEnd::killed, "set"},
      {"no progress", results({finding("liveness", Verdict::unavailable)}), RunEnd::killed, "liveness"},
      {"a checker that gave up", results({finding("linearizable", Verdict::unknown)}), RunEnd::undecided, ""},
      {"nothing happened", results({finding("exercised", Verdict::not_exercised)}), RunEnd::undecided, ""},
      {"a crash alone", results({}, {crash(seconds(5))}), RunEnd::broken, ""},
      {"a crash and its line in the log", results({finding("log-alarms", Verdict::invalid)}, {crash(seconds(5))}),
       RunEnd::broken, ""},
      {"an alarm without a crash", results({finding("log-alarms", Verdict::invalid)}), RunEnd::killed, "log-alarms"},
      {"a violation before a crash", results({witnessed("linearizable", seconds(4))}, {crash(seconds(5))}),
       RunEnd::killed, "linearizable"},
      {"a violation after a crash", results({witnessed("linearizable", seconds(6))}, {crash(seconds(5))}),
       RunEnd::broken, ""},
      {"no way back after a crash", results({finding("liveness", Verdict::unavailable)}, {crash(seconds(5))}),
       RunEnd::broken, ""},
      {"it was killed and refuses to start again", results({}, {killed_by_nemesis, refusal(seconds(5))}),
       RunEnd::killed, "exits"},
      {"it was killed and crashes when started again", results({}, {killed_by_nemesis, crash(seconds(5))}),
       RunEnd::broken, ""},
      {"it refuses to start at all", results({}, {refusal(seconds(5))}), RunEnd::broken, ""},
      {"it ends by itself after another one was killed", results({}, {other_killed_by_nemesis, refusal(seconds(5))}),
       RunEnd::broken, ""},
      {"the nemesis killed it", results({}, {killed_by_nemesis}), RunEnd::undecided, ""},
  };
  for (const Judged& c : cases) {
    SCOPED_TRACE(c.about);
    const RunOutcome outcome = outcome_of(c.results);
    EXPECT_EQ(outcome.end, c.end);
    EXPECT_EQ(outcome.by, c.by);
    EXPECT_EQ(outcome.load, Seconds(10));
    EXPECT_EQ(outcome.length, Seconds(13));
  }
}

RunOutcome alive(double load) {
  RunOutcome outcome;
  outcome.load = Seconds(load);
  outcome.length = Seconds(load + 1);
  return outcome;
}

RunOutcome ended(RunEnd end, const std::string& by, double length, Verdict verdict = Verdict::invalid) {
  return {.end = end,
          .verdict = verdict,
          .by = by,
          .detail = by + " detail",
          .load = Seconds(length),
          .length = Seconds(length)};
}

SeedScore seed(std::uint64_t number, const std::vector<RunOutcome>& runs) {
  SeedScore score;
  score.seed = number;
  for (const RunOutcome& run : runs) add_run(score, run);
  return score;
}

TEST(SeedScore, IsDecidedByTheFirstRunThatIsNotUndecided) {
  SeedScore score;
  EXPECT_FALSE(add_run(score, alive(20)));
  EXPECT_TRUE(add_run(score, ended(RunEnd::killed, "set", 7)));
  EXPECT_EQ(score.status, MutantStatus::killed);
  EXPECT_EQ(score.by, "set");
  EXPECT_EQ(score.runs, 2);
  EXPECT_EQ(score.length, Seconds(28));  // the valid run and its end count too
  EXPECT_EQ(score.load, Seconds(27));
}

TEST(SeedScore, GivesEveryRunASeedOfItsOwn) {
  EXPECT_EQ(seed_of_run(1, 0), 1U);
  EXPECT_EQ(seed_of_run(1, 2), 2001U);
  EXPECT_EQ(seed_of_run(3, 1), 1003U);
}

struct Mixture {
  std::string about;
  std::vector<SeedScore> seeds;
  MutantStatus status;
  std::string by;
  std::optional<double> median_s, max_s;
  int killed_seeds;
};

TEST(MutantScore, IsKilledOnlyWhenEverySeedKilledIt) {
  const SeedScore killed_5 = seed(1, {ended(RunEnd::killed, "linearizable", 5)});
  const SeedScore killed_9 = seed(2, {ended(RunEnd::killed, "linearizable", 9)});
  const SeedScore killed_7 = seed(3, {ended(RunEnd::killed, "counter", 7)});
  const SeedScore survived = seed(4, {alive(20), alive(20)});
  const SeedScore broken = seed(5, {ended(RunEnd::broken, "", 3, Verdict::unavailable)});
  const Mixture cases[] = {
      {"all seeds", {killed_5, killed_9, killed_7}, MutantStatus::killed, "linearizable, counter", 7, 9, 3},
      {"an even number", {killed_5, killed_9}, MutantStatus::killed, "linearizable", 7, 9, 2},
      {"not the last seed", {killed_5, killed_7, survived}, MutantStatus::survived, "counter, linearizable", 6, 7, 2},
      {"none", {survived, survived}, MutantStatus::survived, "", std::nullopt, std::nullopt, 0},
      {"one that crashed", {killed_5, broken, killed_9}, MutantStatus::broken, "linearizable", 7, 9, 2},
      {"nothing ran", {}, MutantStatus::survived, "", std::nullopt, std::nullopt, 0},
  };
  Mutant mutant;
  mutant.name = "some";
  for (const Mixture& c : cases) {
    SCOPED_TRACE(c.about);
    const MutantScore score = mutant_score(mutant, "kills", c.seeds);
    EXPECT_EQ(score.status, c.status);
    EXPECT_EQ(score.by, c.by);
    EXPECT_EQ(score.median_s, c.median_s);
    EXPECT_EQ(score.max_s, c.max_s);
    EXPECT_EQ(score.killed_seeds, c.killed_seeds);
    EXPECT_EQ(score.seeds, static_cast<int>(c.seeds.size()));
  }
}

TEST(ControlScore, IsTheWorstVerdictOfItsRuns) {
  RunOutcome unknown = alive(20);
  unknown.verdict = Verdict::unknown;
  const auto status = [](const std::vector<SeedScore>& seeds) { return control_score("clean", seeds).status; };
  EXPECT_EQ(status({seed(1, {alive(20)}), seed(2, {alive(20)})}), "valid");
  EXPECT_EQ(status({seed(1, {alive(20), unknown, alive(20)})}), "unknown");
  EXPECT_EQ(status({seed(1, {unknown}), seed(2, {ended(RunEnd::killed, "liveness", 2, Verdict::unavailable)})}),
            "unavailable");
  EXPECT_EQ(status({seed(1, {ended(RunEnd::broken, "", 2, Verdict::unavailable)})}), "unavailable");
  EXPECT_EQ(status({seed(1, {ended(RunEnd::failed, "", 2, Verdict::valid)})}), "harness-failure");
}

TEST(Scores, ExitWithZeroOnlyWhenEverythingWasKilledAndNoControlRaisedAnAlarm) {
  struct Case {
    std::vector<MutantStatus> mutants;
    std::vector<std::string> controls;
    int exit_code;
  };
  const Case cases[] = {
      {{MutantStatus::killed, MutantStatus::killed}, {"valid", "valid"}, 0},
      {{MutantStatus::killed}, {}, 0},
      {{MutantStatus::killed, MutantStatus::survived}, {"valid"}, 2},
      {{MutantStatus::broken}, {"valid"}, 2},
      {{MutantStatus::killed}, {"valid", "invalid"}, 1},
      {{MutantStatus::survived}, {"unavailable"}, 1},
      {{MutantStatus::killed}, {"not-exercised"}, 2},
      {{MutantStatus::killed}, {"unknown"}, 2},
      {{MutantStatus::killed}, {"harness-failure"}, 255},
  };
  for (const Case& c : cases) {
    Scores scores;
    for (const MutantStatus status : c.mutants) scores.mutants.emplace_back().status = status;
    for (const std::string& status : c.controls) scores.controls.emplace_back().status = status;
    SCOPED_TRACE(scores_table(scores));
    EXPECT_EQ(exit_code_of(scores), c.exit_code);
  }
}

}  // namespace
}  // namespace ordeal::harness
