// `ordeal` on real clusters of etcd, as Debian's package installs it. Skipped, aloud, where it is not installed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "harness/cluster/find_binary.h"
#include "harness/cluster/testing/temporary_folder.h"
#include "harness/mutants/testing/ended_program.h"

namespace ordeal::harness {
namespace {

using testing::HasSubstr;
using Words = std::vector<std::string>;

class EtcdTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!find_binary("etcd", {})) GTEST_SKIP() << "etcd is not installed: apt-get install etcd-server";
  }

  // `ordeal run PLAN WORDS`, on three nodes and with short faults.
  EndedProgram run(const std::string& plan, const Words& more) {
    const std::filesystem::path output = folder_.path() / "output";
    Words words{ORDEAL_PROGRAM,
                "run",
                ORDEAL_CONFIGS "/" + plan,
                "--store",
                (folder_.path() / "store").string(),
                "--set",
                "nodes=3",
                "--set",
                "recovery.within=60s",
                "--seed",
                "3"};
    words.insert(words.end(), more.begin(), more.end());
    return run_to_its_end(words, output);
  }

  const Words short_faults{"--set", "duration=8s",
                           "--set", "nemesis.interval=1s",
                           "--set", "nemesis.lasting=300ms..1500ms",
                           "--set", "nemesis.faults=[partition,kill,pause]"};
  TemporaryFolder folder_;
};

TEST_F(EtcdTest, KeepsItsPromisesUnderFaults) {
  const EndedProgram ended = run("etcd.yaml", short_faults);
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
}

TEST_F(EtcdTest, KeepsThemBehindItsOldApiAndTemplatesOfRequests) {
  Words words = short_faults;
  words.insert(words.end(), {"--set", "target=etcd-v2"});
  const EndedProgram ended = run("etcd.yaml", words);
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
}

TEST_F(EtcdTest, IsFoundInvalidWhereItsReadsMayBeOld) {
  const EndedProgram ended = run("etcd-serializable.yaml", {});
  EXPECT_EQ(ended.exit_code, 1) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("not linearizable"));
}

TEST_F(EtcdTest, IsNotAskedForWhatItsClientCannotDo) {
  const EndedProgram ended = run("counter.yaml", {"--set", "target=etcd"});
  EXPECT_EQ(ended.exit_code, 254) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("cannot increment"));
}

}  // namespace
}  // namespace ordeal::harness
