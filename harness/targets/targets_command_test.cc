// `ordeal targets check` and `ordeal compare` as a user runs them.

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

class OnTargets : public ::testing::Test {
 protected:
  // `ordeal WORDS --store STORE`
  EndedProgram ordeal(std::vector<std::string> words) {
    words.insert(words.begin(), ORDEAL_PROGRAM);
    words.insert(words.end(), {"--store", folder_.path() / "store"});
    return run_to_its_end(words, folder_.path() / "output");
  }

  // raftd, but for what `yaml` says.
  std::string raftd_but(const std::string& yaml) {
    const fs::path file = folder_.path() / "target.yaml";
    std::ofstream(file) << "extends: raftd\nname: changed\n" << yaml;
    return file;
  }

  TemporaryFolder folder_;
};

class TargetsCheck : public OnTargets {
 protected:
  EndedProgram check(const std::string& target, const std::string& nodes = "3") {
    return ordeal({"targets", "check", target, "--nodes", nodes});
  }
};

class Compare : public OnTargets {
 protected:
  EndedProgram compare(const std::string& targets, const std::string& more = "--set=name=side") {
    std::ofstream(folder_.path() / "plan.yaml")
        << "name: side\nnodes: 3\nduration: 4s\nclients: 4\n"
           "nemesis: {interval: 500ms, lasting: 200ms..400ms, faults: [kill]}\n";
    return ordeal({"compare", folder_.path() / "plan.yaml", "--targets", targets, "--seeds", "7", more});
  }
};

TEST_F(TargetsCheck, FindsThatAllWorksThatTheFileOfRaftdSays) {
  const EndedProgram ended = check("raftd");
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  for (const char* line :
       {"ok     start        3 nodes are ready after", "says that it leads", "ok     status", "n3 (3)",
        "ok     register     cas [1, 3]: fail: mismatch", "ok     set          read", "ok     counter      read: ok 1",
        "ok     stop         all ended within", "All that the file says works."}) {
    EXPECT_THAT(ended.output, HasSubstr(line));
  }
}

TEST_F(TargetsCheck, FindsTheSameForASystemThatIsStartedAndAskedByCommands) {
  const EndedProgram ended = check("ovsdb");
  if (ended.exit_code == 254 && ended.output.find("was found neither") != std::string::npos) {
    GTEST_SKIP() << "ovsdb-server is not installed";
  }
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  for (const char* line : {"can read, write, cas", "says that it leads", "ok     register     cas [1, 2]: ok",
                           "-      counter", "All that the file says works."}) {
    EXPECT_THAT(ended.output, HasSubstr(line));
  }
}

TEST_F(TargetsCheck, SaysWhatTheNodesAnswerWhenNobodyLeads) {
  const EndedProgram ended = check(raftd_but("leader: {equals: boss}\n"), "1");
  EXPECT_EQ(ended.exit_code, 255) << ended.output;
  EXPECT_THAT(ended.output,
              AllOf(HasSubstr("WRONG  leader       nobody says that it leads within 15 s"), HasSubstr("n1 answers {")));
}

TEST_F(TargetsCheck, RefusesWhatCannotBeStartedBeforeAnythingIs) {
  struct Case {
    std::string yaml, said;
  };
  const Case cases[] = {
      {"binary: raftd-that-nobody-has\ninstall: apt-get install it\n",
       "target changed: its program \"raftd-that-nobody-has\" was found neither beside ordeal nor on PATH; apt-get "
       "install it"},
      {"version: {command: [echo, raftd 0.9], pattern: 'raftd (\\S+)', at-least: 1.0}\n",
       "version 0.9 is installed, and its file wants 1.0 or newer"},
      {"version: {command: [sh, -c, exit 3], pattern: '(.*)', at-least: 1.0}\n", "exit status 3"},
      {"redy: {}\n", "target.yaml:3:1: redy: is an unknown key; did you mean ready?"},
  };
  for (const Case& one : cases) {
    const EndedProgram ended = check(raftd_but(one.yaml));
    EXPECT_EQ(ended.exit_code, 254) << ended.output;
    EXPECT_THAT(ended.output, AllOf(HasSubstr("ordeal: error: "), HasSubstr(one.said), Not(HasSubstr("starting"))));
  }
}

TEST_F(TargetsCheck, SaysWhyAClusterDoesNotStart) {
  struct Case {
    std::string yaml;
    std::vector<std::string> said;
  };
  const Case cases[] = {
      {"command: [sh, -c, 'echo no such disk >&2; exit 3']\n",
       {"ended before all nodes were ready: exit status 3", "wrote last", "no such disk"}},
      {"words: [--no-such-flag]\n", {"ended before all nodes were ready", "no-such-flag"}},
      // Both its servers listen on one port.
      {"command: ['${binary}', '--id=${id}', '--cluster=${nodes:{id}={ip}:8100}', '--client-address=${ip}:8100', "
       "'--data=${data}']\n",
       {"ended before all nodes were ready", "8100"}},
      {"ready: {http: 'http://${ip}:8101/', within: 500ms}\n",
       {"n1: not ready after 0.5 s: GET http://10.77.0.1:8101/: connection refused"}},
      {"setup: [{command: [sh, -c, 'echo no table; exit 1'], within: 300ms}]\n",
       {"n1: the set-up has not succeeded within 0.3 s", "exit status 1: no table"}},
      {"setup: [{when: before-start, command: [sh, -c, 'echo no table; exit 1']}]\n",
       {"the command before its start failed", "exit status 1: no table"}},
  };
  for (const Case& one : cases) {
    const EndedProgram ended = check(raftd_but(one.yaml), "1");
    EXPECT_EQ(ended.exit_code, 255) << ended.output;
    for (const std::string& said : one.said) EXPECT_THAT(ended.output, HasSubstr(said));
    EXPECT_THAT(ended.output, Not(HasSubstr("INVALID")));
  }
}

TEST_F(TargetsCheck, SaysWhatOfTheFileIsNotTrue) {
  const EndedProgram ended = check(raftd_but("status: /metrics\nendpoint: ${ip}:8100\n"
                                             "members: {list: {node: {equals: '${member.ip}:1'}}}\n"),
                                   "1");
  EXPECT_EQ(ended.exit_code, 255) << ended.output;
  EXPECT_THAT(ended.output, AllOf(HasSubstr("WRONG  status       n1 does not tell role, term"),
                                  HasSubstr("WRONG  members      n1 lists nobody that is a node"),
                                  HasSubstr("ok     register     write 1: ok"),
                                  HasSubstr("Something that the file says does not work; see above.")));
}

TEST_F(Compare, RunsTheSamePlanOnEachTargetAndKeepsTheRuns) {
  const EndedProgram ended = compare("raftd," + raftd_but("words: [--heartbeat=20ms]\n"));
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_THAT(ended.output, AllOf(HasSubstr("longest without an answer, under"), HasSubstr("kill leader"),
                                  Not(HasSubstr("another schedule"))));
  const fs::path store = folder_.path() / "store";
  EXPECT_EQ(text_of(store / "side-raftd/latest/schedule.jsonl"), text_of(store / "side-changed/latest/schedule.jsonl"));
  EXPECT_THAT(text_of(store / "side-changed/latest/results.json"), HasSubstr(R"("seed": 7)"));
}

TEST_F(Compare, StartsNothingWhenOneTargetIsNotFit) {
  for (const char* yaml : {"binary: raftd-that-nobody-has\n", "redy: {}\n"}) {
    const EndedProgram ended = compare("raftd," + raftd_but(yaml));
    EXPECT_EQ(ended.exit_code, 254) << ended.output;
    EXPECT_FALSE(fs::exists(folder_.path() / "store"));
  }
}

TEST_F(Compare, GoesOnWhenATargetDoesNotStartAndSaysWhy) {
  const EndedProgram ended = compare(raftd_but("command: [sh, -c, 'exit 3']\n") + ",raftd", "--json");
  EXPECT_EQ(ended.exit_code, 255) << ended.output;
  EXPECT_THAT(ended.output, AllOf(HasSubstr(R"("target":"changed","seed":7,"verdict":"harness failure")"),
                                  HasSubstr("ended before all nodes were ready: exit status 3"),
                                  HasSubstr(R"("target":"raftd","seed":7,"verdict":"valid")")));
}

}  // namespace
}  // namespace ordeal::harness
