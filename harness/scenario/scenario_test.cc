#include "harness/scenario/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/config/config_error.h"
#include "harness/config/input_file.h"
#include "harness/mutants/mutant_folder.h"
#include "harness/scenario/faults.h"
#include "harness/scenario/outcome.h"

namespace ordeal::harness {
namespace {

using checker::EventType;
using checker::Verdict;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::filesystem::path scenarios = std::filesystem::path(CONFIGS) / "scenarios";

std::string with_steps(const std::string& steps) {
  return "name: x\nteaches: nothing\nsteps:\n  - await: {leader: L, followers: [F, G]}\n" + steps;
}

TEST(ScenarioFiles, AllCanBeReadAndTheirLinesInTheReadmeSayWhatTheyTeach) {
  const std::string readme = read_input_file(scenarios / "README.md", "readme");
  const std::vector<std::string> names = yaml_files(scenarios);
  ASSERT_THAT(names, ::testing::Not(IsEmpty()));
  for (const std::string& name : names) {
    const std::filesystem::path file = scenarios / (name + ".yaml");
    const Scenario scenario = parse_scenario(read_input_file(file, "scenario"), file.string());
    EXPECT_THAT(readme, HasSubstr("| `" + name + "` | " + scenario.teaches + " |"));
  }
}

TEST(ScenarioFiles, NameOnlyMutantsThatThereAre) {
  std::vector<std::string> known;
  for (const Mutant& mutant : load_mutants(MUTANTS)) known.push_back(mutant.name);
  for (const std::string& name : yaml_files(scenarios)) {
    const std::filesystem::path file = scenarios / (name + ".yaml");
    for (const std::string& mutant : parse_scenario(read_input_file(file, "scenario"), file.string()).mutants) {
      EXPECT_THAT(known, ::testing::Contains(mutant)) << name;
    }
  }
}

TEST(ScenarioFiles, CanAllBePlayedOnRaftd) {
  const Target raftd = load_target("raftd", CONFIGS);
  for (const std::string& name : yaml_files(scenarios)) {
    const std::filesystem::path file = scenarios / (name + ".yaml");
    const Scenario scenario = parse_scenario(read_input_file(file, "scenario"), file.string());
    EXPECT_THAT(why_not_playable(scenario, raftd), IsEmpty()) << name;
    for (const Step& step : scenario.steps) EXPECT_EQ(why_skipped(step, raftd), "") << name;
  }
}

TEST(Scenario, StepsKeepTheirLineAndText) {
  const Scenario scenario = parse_scenario(with_steps("  - kill: L   # at once\n"), "x.yaml");
  ASSERT_THAT(scenario.steps, SizeIs(2));
  EXPECT_EQ(scenario.steps[1].line, 5);
  EXPECT_EQ(scenario.steps[1].text, "kill: L");
  const auto& act = std::get<Act>(scenario.steps[1].what);
  EXPECT_EQ(act.action, ProcessAction::kill);
  EXPECT_THAT(act.nodes, ElementsAre("L"));
}

TEST(Scenario, RepetitionsAreWrittenOut) {
  const Scenario scenario =
      parse_scenario(with_steps("  - repeat: {times: 3, steps: [{pause: L}, {resume: L}]}\n"), "x.yaml");
  ASSERT_THAT(scenario.steps, SizeIs(7));
  EXPECT_THAT(scenario.steps[6].text, HasSubstr("(3 of 3)"));
}

TEST(Scenario, WhatCannotBePlayedIsRefusedWithItsPlace) {
  const struct {
    std::string steps, complaint;
  } table[] = {
      {"  - kill: K\n", "x.yaml:5:11: steps[1].kill: \"K\" names no node"},
      {"  - kill: clients\n", "names no node"},
      {"  - explode: L\n", "unknown key"},
      {"  - {kill: L, pause: F}\n", "no single step"},
      {"  - assert: L.term > base\n", "\"base\" was not noted"},
      {"  - assert: L.term>3\n", "compares nothing"},
      {"  - note: {Base: L.term}\n", "cannot name a note"},
      {"  - note: {now: L.term}\n", "is the time"},
      {"  - await: {leader: l}\n", "cannot name a node"},
      {"  - heal: split\n", "\"split\" is no fault that is under way"},
      {"  - drop: {as: d, from: L, to: F}\n  - drop: {as: d, from: L, to: G}\n", "under way already"},
      {"  - send: {as: W, at: L, write: 1}\n", "nothing waits for \"W\""},
      {"  - answer: {to: W}\n", "\"W\" was not sent"},
      {"  - send: {as: W, by: a, at: L, write: 1}\n  - invoke: {by: a, at: L, write: 2}\n",
       "waits for the answer to W"},
      {"  - invoke: {at: L}\n", "no single operation"},
      {"  - invoke: {at: L, read: linearizable, write: 1}\n", "no single operation"},
      {"  - invoke: {at: L, read: dirty}\n", "dirty"},
      {"  - invoke: {at: L, write: many}\n", "many"},
      {"  - invoke: {at: L, increment: 1, session: s, serial: 1}\n", "no operation of a register"},
      {"  - invoke: {at: L, write: 1, expect: maybe}\n", "maybe"},
      {"  - send: {as: W, at: L, read: local}\n", "reads locally"},
      {"  - invoke: {at: L, read: lease, bytes: 1KiB}\n", "nothing is"},
      {"  - delay: {as: d, from: L, to: F}\n", "write how much later packets come"},
      {"  - delay: {as: d, from: L, to: K, by: 1s}\n", "\"K\" names no node"},
      {"  - clock: {as: c, nodes: L, by: 1s}\n", "write jump, drift"},
      {"  - clock: {as: c, nodes: L, kind: hop}\n", "hop"},
      {"  - clock: {as: c, nodes: L, kind: jump}\n", "write by how much"},
      {"  - clock: {as: c, nodes: L, kind: jump, clock: monotonic, by: -1s}\n", "which only the wall clock may"},
      {"  - clock: {as: c, nodes: L, kind: strobe, clock: both, by: 1s, period: 1ms}\n", "never goes back"},
      {"  - clock: {as: c, nodes: L, kind: drift, rate: fast}\n", "is no rate of a clock"},
      {"  - corrupt: {as: c, nodes: L, kind: rot}\n", "rot"},
  };
  for (const auto& row : table) {
    try {
      parse_scenario(with_steps(row.steps), "x.yaml");
      ADD_FAILURE() << "accepted: " << row.steps;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(row.complaint)) << row.steps;
    }
  }
}

TEST(Scenario, FaultsAreReadWithTheirAmountsAndSayWhatTheyNeed) {
  const Scenario scenario =
      parse_scenario(with_steps("  - clock: {as: c, nodes: L, kind: jump, by: -60s}\n"
                                "  - clock: {as: d, nodes: F, kind: drift, clock: both, rate: 2}\n"
                                "  - delay: {as: e, from: [L], to: [F, clients], by: 300ms}\n"
                                "  - invoke: {at: L, write: 1, bytes: 2KiB}\n"),
                     "x.yaml");
  using nemesis::ClockChange;
  const auto jump = std::get<ClockChange>(std::get<Ail>(scenario.steps[1].what).fault);
  EXPECT_EQ(jump.by, std::chrono::seconds(-60));
  EXPECT_EQ(jump.clock, nemesis::ClockFace::wall);
  const auto drift = std::get<ClockChange>(std::get<Ail>(scenario.steps[2].what).fault);
  EXPECT_EQ(drift.rate_ppm, 2'000'000);
  EXPECT_EQ(drift.clock, nemesis::ClockFace::both);
  EXPECT_EQ(std::get<Delay>(scenario.steps[3].what).by, std::chrono::milliseconds(300));
  EXPECT_EQ(std::get<Invoke>(scenario.steps[4].what).call.bytes, 2048u);
  EXPECT_TRUE(needs_clocks(scenario));
  EXPECT_FALSE(needs_disks(scenario));
  const Scenario damage = parse_scenario(with_steps("  - corrupt: {as: c, nodes: L}\n"), "x.yaml");
  EXPECT_FALSE(needs_clocks(damage));
  EXPECT_TRUE(needs_disks(damage));
}

TEST(Scenario, NodesThatAreAddedMayHaveWordsOfTheirOwn) {
  const std::string steps = with_steps("  - invoke: {at: L, write: 1}\n");
  const Scenario scenario = parse_scenario("spares: 1\njoining: {raftd: [--cluster-name=another]}\n" + steps, "x.yaml");
  EXPECT_THAT(scenario.joining.at("raftd"), ElementsAre("--cluster-name=another"));
  EXPECT_THAT(scenario.arguments, IsEmpty());
  EXPECT_THAT(why_not_playable(scenario, load_target("raftd", CONFIGS)), IsEmpty());
  EXPECT_THAT(why_not_playable(scenario, load_target("etcd", CONFIGS)),
              Contains(HasSubstr("does not say with which arguments etcd")));
  EXPECT_THROW(parse_scenario("joining: {raftd: [--cluster-name=another]}\n" + steps, "x.yaml"), ConfigError);
}

TEST(Scenario, IsSkippedOnATargetThatCannotDoWhatItNeeds) {
  Target target = load_target("raftd", CONFIGS);
  const Scenario waits = parse_scenario(with_steps("  - await: L.term > 1\n"), "x.yaml");
  const Scenario asserts = parse_scenario(with_steps("  - assert: L.term > 0\n"), "x.yaml");
  target.status_path.clear();
  EXPECT_THAT(why_not_playable(waits, target), ElementsAre(HasSubstr("no status, which line 5 needs")));
  EXPECT_THAT(why_not_playable(asserts, target), IsEmpty());
  EXPECT_THAT(why_skipped(asserts.steps[1], target), HasSubstr("no status"));
  const Scenario damages = parse_scenario(with_steps("  - corrupt: {as: c, nodes: L}\n"), "x.yaml");
  target.corruptible.clear();
  EXPECT_THAT(why_not_playable(damages, target), ElementsAre(HasSubstr("no disk.corruptible, which line 5 needs")));
  const Scenario writes = parse_scenario(with_steps("  - invoke: {at: L, write: 1, bytes: 9KiB}\n"), "x.yaml");
  EXPECT_THAT(why_not_playable(writes, target), IsEmpty());
  target.client.kind = ClientKind::adapter;
  EXPECT_THAT(why_not_playable(writes, target), ElementsAre(HasSubstr("cannot write numbers of so many bytes")));
  target.leader.reset();
  EXPECT_THAT(why_not_playable(asserts, target), ElementsAre(HasSubstr("no leader")));
}

checker::Event completion(EventType type, const std::string& f, checker::Value value, const std::string& error = "") {
  checker::Event event;
  event.type = type;
  event.f = f;
  event.value = std::move(value);
  event.error = error;
  return event;
}

TEST(StepOutcome, ARefusalIsALackOfProgressAndAWrongAnswerAViolation) {
  const Expectation ok{.types = {EventType::ok}, .sees = {1, checker::Nil{}}};
  const Expectation none{.types = {EventType::fail, EventType::info}, .sees = {}};
  const checker::Map sum{{"value", 1}, {"index", 9}};
  const struct {
    Expectation expectation;
    checker::Event completion;
    Verdict verdict;
  } table[] = {
      {ok, completion(EventType::ok, "read", 1), Verdict::valid},
      {ok, completion(EventType::ok, "read", checker::Nil{}), Verdict::valid},
      {ok, completion(EventType::ok, "read", 2), Verdict::invalid},
      {ok, completion(EventType::ok, "increment", sum), Verdict::valid},
      {ok, completion(EventType::ok, "write", 7), Verdict::valid},
      {ok, completion(EventType::info, "write", 7, "timeout"), Verdict::unavailable},
      {ok, completion(EventType::fail, "cas", 7, "mismatch"), Verdict::invalid},
      {none, completion(EventType::info, "write", 7, "timeout"), Verdict::valid},
      {none, completion(EventType::ok, "write", 7), Verdict::invalid},
  };
  for (const auto& row : table) {
    const StepOutcome outcome = judge_return(row.expectation, row.completion);
    EXPECT_EQ(outcome.verdict, row.verdict) << outcome.detail;
    EXPECT_EQ(outcome.result == StepResult::passed, row.verdict == Verdict::valid) << outcome.detail;
  }
}

TEST(StepOutcome, WhatTheTargetDoesNotTellIsSkippedByAnAssertionAndProvesNothingWhenItIsWaitedFor) {
  const Judged lacking{.lacking = "no field"};
  EXPECT_EQ(judge_assertion(lacking).result, StepResult::skipped);
  EXPECT_EQ(judge_waiting(lacking, std::chrono::seconds(1)).verdict, Verdict::not_exercised);
  EXPECT_EQ(judge_assertion({.holds = false, .seen = "x"}).verdict, Verdict::invalid);
  EXPECT_EQ(judge_waiting({.holds = false, .seen = "x"}, std::chrono::seconds(1)).verdict, Verdict::unavailable);
  EXPECT_EQ(judge_assertion({.silent = "timeout"}).verdict, Verdict::unavailable);
}

TEST(GrudgeOf, OneWayIsDroppedByTheReceiversAndBothWaysByAll) {
  using nemesis::Grudge;
  EXPECT_EQ(grudge_of({"n1"}, {"n2", "n3"}, false), (Grudge{{"n2", {"n1"}}, {"n3", {"n1"}}}));
  EXPECT_EQ(grudge_of({"n1"}, {"n2"}, true), (Grudge{{"n1", {"n2"}}, {"n2", {"n1"}}}));
  EXPECT_EQ(grudge_of({"n1"}, {"n1"}, true), Grudge{});
}

}  // namespace
}  // namespace ordeal::harness
