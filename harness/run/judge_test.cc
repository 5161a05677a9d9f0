#include "harness/run/judge.h"

#include <gtest/gtest.h>

#include "harness/run/run_events.h"

namespace ordeal::harness {
namespace {

using namespace std::chrono_literals;
using checker::Verdict;

Plan plan_of_three() {
  Plan plan;
  plan.name = "test";
  plan.nodes = 3;
  plan.nemesis.faults.push_back({.what = nemesis::KillSpec{}, .lasting = {}});
  return plan;
}

RunStages stages_of(const checker::History& history) {
  RunStages stages;
  for (const checker::Event& event : history) stages.observe(event);
  return stages;
}

checker::Event recovered(const std::string& node, std::optional<std::chrono::nanoseconds> after) {
  return recovery_event({.node = node, .after = after, .attempts = 2, .last_error = "refused"});
}

TEST(Liveness, NeedsEveryNodeToServeAgain) {
  struct Case {
    std::string about;
    checker::History history;
    Verdict verdict;
  };
  const Case cases[] = {
      {"all came back", {recovered("n1", 1s), recovered("n2", 2s), stage_event(stage::ended)}, Verdict::valid},
      {"one did not", {recovered("n1", 1s), recovered("n2", {}), stage_event(stage::ended)}, Verdict::unavailable},
      {"the harness was killed before", {stage_event(stage::load_began)}, Verdict::unknown},
      {"one did not, and then the harness was killed", {recovered("n2", {})}, Verdict::unavailable},
      {"an empty history", {}, Verdict::unknown},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.about);
    EXPECT_EQ(judge_liveness(plan_of_three(), stages_of(c.history)).verdict, c.verdict);
  }
}

TEST(Liveness, NamesTheNodeAndWhatItAnswered) {
  const checker::Finding finding =
      judge_liveness(plan_of_three(), stages_of({recovered("n2", {}), stage_event(stage::ended)}));
  EXPECT_EQ(
      finding.summary,
      "n2 served no linearizable read within 20 s after everything was healed; its last read ended with: refused");
}

TEST(Exits, AreHeldAgainstTheTargetOnlyWhenNobodyCausedThem) {
  const NodeExit killed{.node = "n1", .time = 3s, .expected = true, .status = "signal 9", .last_lines = {}};
  const NodeExit crashed{
      .node = "n2", .time = 4s, .expected = false, .status = "signal 6", .last_lines = {"Assertion"}};
  EXPECT_EQ(judge_exits({killed}).verdict, Verdict::valid);
  const checker::Finding finding = judge_exits({killed, crashed});
  EXPECT_EQ(finding.verdict, Verdict::unavailable);
  EXPECT_EQ(finding.summary, "n2 ended by itself after 4 s: signal 6");
  EXPECT_EQ(finding.details.back(), "  | Assertion");
}

TEST(Status, OfATargetThatTellsNoneIsNotJudged) {
  Target target;
  target.name = "etcd";
  EXPECT_EQ(judge_status(target, checker::StatusCheck()).verdict, Verdict::valid);
  EXPECT_EQ(judge_status(target, checker::StatusCheck()).summary,
            "not judged: target etcd does not say where a node tells its status");
  target.status_path = "/status";
  EXPECT_EQ(judge_status(target, checker::StatusCheck()).verdict, Verdict::not_exercised);
}

TEST(Exercise, ProvesNothingWithoutOperationsOrWithoutAFaultThatWasFelt) {
  struct Case {
    std::string about;
    std::uint64_t ok;
    std::uint64_t with_effect;
    bool faults_planned;
    bool ended_by_violation;
    Verdict verdict;
  };
  const Case cases[] = {
      {"enough of both", 5000, 1, true, false, Verdict::valid},
      {"no fault was felt", 5000, 0, true, false, Verdict::not_exercised},
      {"hardly an operation", 99, 1, true, false, Verdict::not_exercised},
      {"a plan without faults asks for none", 5000, 0, false, false, Verdict::valid},
      {"a violation came before the first fault", 5000, 0, true, true, Verdict::valid},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.about);
    Plan plan = plan_of_three();
    if (!c.faults_planned) plan.nemesis.faults.clear();
    Results results;
    results.operations["read"].ok = c.ok;
    results.faults["kill one"] = {.injected = 2, .with_effect = c.with_effect};
    EXPECT_EQ(judge_exercise(plan, results, c.ended_by_violation).verdict, c.verdict);
  }
}

// At `nodes`, of which one at least was struck.
checker::Event damaged(nemesis::Nodes nodes, bool majority) {
  const nemesis::ScheduledFault fault{.id = 1, .at = 1s, .lasting = 1s, .fault = nemesis::CorruptFile{}};
  nemesis::Evidence evidence{.effect = true, .counts = {{"bits_flipped", 1}}, .note = "n2: a bit of wal flipped"};
  if (majority) evidence.counts.emplace_back("majority_damaged", 1);
  return fault_event(fault, "injected", {.nodes = std::move(nodes), .grudge = {}, .why_none = {}}, evidence);
}

TEST(Damage, ANodeThatRefusesToRunOnItNeedNotServe) {
  const checker::Event refuses =
      recovery_event({.node = "n2", .after = {}, .attempts = 0, .last_error = {}, .excused = "it refuses"});
  const RunStages stages = stages_of({damaged({"n2"}, false), recovered("n1", 1s), refuses, stage_event(stage::ended)});
  const checker::Finding finding = judge_liveness(plan_of_three(), stages);
  EXPECT_EQ(finding.verdict, Verdict::valid);
  EXPECT_EQ(finding.summary, "all 1 nodes served a linearizable read again within 1 s of healing");
  EXPECT_EQ(finding.details, std::vector<std::string>{"n2 need not serve: it refuses"});
  EXPECT_EQ(stages.damaged, nemesis::Nodes{"n2"});
}

TEST(Damage, OfAMajorityExcusesWhatWasLostAndOfAMinorityDoesNot) {
  for (const bool majority : {false, true}) {
    std::vector<checker::Finding> findings;
    for (const Verdict verdict : {Verdict::invalid, Verdict::unavailable, Verdict::valid}) {
      findings.push_back({.check = "set", .verdict = verdict, .summary = "7 is lost", .details = {}, .witness = {}});
    }
    excuse(stages_of({damaged({"n2"}, majority)}), findings);
    EXPECT_EQ(findings[0].verdict, majority ? Verdict::unknown : Verdict::invalid);
    EXPECT_EQ(findings[1].verdict, majority ? Verdict::unknown : Verdict::unavailable);
    EXPECT_EQ(findings[2].verdict, Verdict::valid);
    const SeenViolation seen{.time = 3s, .check = "set", .summary = "7 is lost", .ended_load = true};
    EXPECT_EQ(judge_agreement(seen, findings), std::nullopt) << "what was seen is excused, not denied";
  }
}

TEST(Damage, ThatLeavesNothingExcusesWhatWasLost) {
  const nemesis::ScheduledFault fault{.id = 1, .at = 1s, .lasting = 1s, .fault = nemesis::CorruptFile{}};
  const nemesis::Evidence evidence{.effect = true, .counts = {{"folders_wiped", 1}}, .note = "n2: emptied"};
  const checker::Event wiped = fault_event(fault, "injected", {.nodes = {"n2"}}, evidence);
  std::vector<checker::Finding> findings{
      {.check = "set", .verdict = Verdict::invalid, .summary = "7 is lost", .details = {}, .witness = {}}};
  excuse(stages_of({wiped}), findings);
  EXPECT_EQ(findings[0].verdict, Verdict::unknown);
  EXPECT_EQ(findings[0].summary,
            "nothing is proven, since a node came back without its data folder, and so without its votes: 7 is lost");
}

TEST(Agreement, IsMissingWhenTheJudgementDoesNotConfirmWhatWasSeenOnline) {
  const auto finding = [](const char* check, Verdict verdict) {
    return checker::Finding{.check = check, .verdict = verdict, .summary = "", .details = {}, .witness = {}};
  };
  const SeenViolation seen{.time = 3s, .check = "set", .summary = "element 7 is lost", .ended_load = true};
  SeenViolation wordless = seen;  // of a run folder from before the check was named
  wordless.check.clear();
  struct Case {
    std::string about;
    std::optional<SeenViolation> seen;
    std::vector<checker::Finding> judged;
    bool agree;
  };
  const Case cases[] = {
      {"nothing was seen", {}, {finding("set", Verdict::invalid)}, true},
      {"confirmed", seen, {finding("status", Verdict::valid), finding("set", Verdict::invalid)}, true},
      {"judged valid", seen, {finding("set", Verdict::valid)}, false},
      {"judged unknown", seen, {finding("set", Verdict::unknown)}, false},
      {"another check is violated", seen, {finding("set", Verdict::valid), finding("status", Verdict::invalid)}, false},
      {"not judged", seen, {}, false},
      {"nobody knows what was seen", wordless, {finding("set", Verdict::valid)}, true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.about);
    Results results;
    results.seen_online = c.seen;
    results.findings = c.judged;
    EXPECT_EQ(!judge_agreement(c.seen, c.judged), c.agree);
    const auto demand = [&] { require_agreement(results, RunFolder("store/x")); };
    if (c.agree) {
      EXPECT_NO_THROW(demand());
    } else {
      EXPECT_THROW(demand(), std::runtime_error);
    }
  }
}

}  // namespace
}  // namespace ordeal::harness
