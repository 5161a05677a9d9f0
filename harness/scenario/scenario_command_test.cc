// `ordeal scenario` as a user runs it, on real raftd clusters.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/cluster/testing/temporary_folder.h"
#include "harness/mutants/testing/ended_program.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* two_writes = R"(name: two-writes
teaches: what a read after two writes shows
steps:
  - await: {leader: L, followers: [F, G]}
  - invoke: {at: L, write: 1}
  - cut: {as: alone, between: L, and: [F, G]}
  - await: {leader: M, not: L}
  - invoke: {at: M, write: 2}
  - heal: alone
  - assert: M.term > 0
  - invoke: {at: M, read: linearizable, sees: SEEN}
)";

class ScenarioCommand : public ::testing::Test {
 protected:
  // `ordeal WORDS --store STORE`
  EndedProgram ordeal(std::vector<std::string> words, bool with_store = true) {
    words.insert(words.begin(), ORDEAL_PROGRAM);
    if (with_store) words.insert(words.end(), {"--store", (folder_.path() / "store").string()});
    return run_to_its_end(words, folder_.path() / "output");
  }

  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
    return (folder_.path() / name).string();
  }

  std::string two_writes_that_show(const std::string& seen) {
    std::string text = two_writes;
    return file("two-writes.yaml", text.replace(text.find("SEEN"), 4, seen));
  }

  TemporaryFolder folder_;
};

TEST_F(ScenarioCommand, ThoseOfTheLeadersDeathPassOnRaftd) {
  const EndedProgram ended =
      ordeal({"scenario", "leader-alone-has-it", "answer-lost", "minority-has-it-others-win", "--steps"});
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("3 passed, 0 failed, 0 skipped"));
}

TEST_F(ScenarioCommand, OneWhoseExpectationIsNotMetFailsAtItsLineAndCheckSaysTheSame) {
  const EndedProgram ended = ordeal({"scenario", two_writes_that_show("1")});
  EXPECT_EQ(ended.exit_code, 1) << ended.output;
  EXPECT_THAT(ended.output, AllOf(HasSubstr("invalid"), HasSubstr("line 11,"), HasSubstr("it must show 1, not 2")));
  const EndedProgram checked = ordeal({"check", (folder_.path() / "store/latest").string()}, /*with_store=*/false);
  EXPECT_EQ(checked.exit_code, 1) << checked.output;
  EXPECT_THAT(checked.output, AllOf(HasSubstr("INVALID"), HasSubstr("it must show 1")));
}

TEST_F(ScenarioCommand, OnATargetWithoutStatusAssertionsOnItAreSkippedAloudAndTheRestIsPlayed) {
  std::string target = text_of(fs::path(ORDEAL_CONFIGS) / "targets/raftd.yaml");
  target.erase(target.find("status: /status\n"), std::string("status: /status\n").size());
  const std::string without = file("mute.yaml", target);
  const EndedProgram asserts = ordeal({"scenario", two_writes_that_show("2"), "--target", without});
  EXPECT_EQ(asserts.exit_code, 0) << asserts.output;
  EXPECT_THAT(asserts.output, HasSubstr("1 steps skipped"));
  const EndedProgram waits = ordeal({"scenario", "leader-alone-has-it", "--target", without});
  EXPECT_EQ(waits.exit_code, 2) << waits.output;
  EXPECT_THAT(waits.output, AllOf(HasSubstr("skipped"), HasSubstr("no status")));
}

TEST_F(ScenarioCommand, AnAnswerThatIsDelayedForTooLongIsNone) {
  const std::string name = file("late.yaml",
                                "name: late\nteaches: nothing\nsteps:\n  - await: {leader: L, followers: [F, G]}\n"
                                "  - invoke: {at: L, write: 7, bytes: 3KiB}\n"
                                "  - delay: {as: slow, from: L, to: clients, by: 300ms}\n"
                                "  - invoke: {at: L, write: 1, bytes: 3KiB, timeout: 200ms, expect: info}\n"
                                "  - invoke: {at: L, read: linearizable, sees: 1}\n  - heal: all\n");
  const EndedProgram ended = ordeal({"scenario", name, "--steps"});
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("delayed"));
}

TEST_F(ScenarioCommand, ANodeThatRefusesToRunOnADamagedLogNeedNotServe) {
  const EndedProgram ended = ordeal({"scenario", "damaged-log", "--steps"});
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("1 bits flipped"));
  EXPECT_THAT(text_of(folder_.path() / "store/latest/history.jsonl"), HasSubstr("it refuses to run"));
}

TEST_F(ScenarioCommand, AFaultThatMetNothingProvesNothing) {
  const std::string name = file("idle.yaml",
                                "name: idle\nteaches: nothing\nsteps:\n  - await: {leader: L}\n"
                                "  - drop: {as: none, from: L, to: L}\n  - heal: none\n");
  const EndedProgram ended = ordeal({"scenario", name});
  EXPECT_EQ(ended.exit_code, 2) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("not-exercised"));
}

TEST_F(ScenarioCommand, AnUnknownNameIsRefusedBeforeAnythingStarts) {
  const EndedProgram ended = ordeal({"scenario", "split-brian"});
  EXPECT_EQ(ended.exit_code, 254);
  EXPECT_THAT(ended.output, HasSubstr("did you mean split-brain?"));
  EXPECT_THAT(ordeal({"scenario", "list"}, false).output, Not(HasSubstr("error")));
}

}  // namespace
}  // namespace ordeal::harness
