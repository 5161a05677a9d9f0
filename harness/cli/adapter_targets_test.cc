// Targets whose clients are an adapter, as a user runs them: with the adapter of the tests at raftd, and those that
// ship at the real systems, where their packages are installed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>
#include <thread>

#include "harness/cluster/find_binary.h"
#include "harness/cluster/testing/temporary_folder.h"
#include "harness/mutants/child.h"
#include "harness/mutants/testing/ended_program.h"
#include "harness/report/results_json.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OnAdapterTargets : public testing::Test {
 protected:
  EndedProgram ordeal(std::vector<std::string> words) {
    words.insert(words.begin(), ORDEAL_PROGRAM);
    return run_to_its_end(words, output_);
  }

  // A plan for raftd, with the tests' adapter, which keeps the register in its own memory. `words` are its mistakes.
  std::string plan_with_adapter(const std::string& words, const std::string& workload = "{name: register}") {
    std::ofstream(folder_.path() / "target.yaml") << R"(name: raftd
binary: raftd
command: ["${binary}", "--id=${id}", "--cluster=${members}", "--client-address=${ip}:8100", "--data=${data}"]
member: ${id}=${ip}:7100
ready: {http: "http://${ip}:8100/status"}
client: adapter
endpoint: ${ip}:8100
adapter: [python3, )" << TEST_ADAPTER << words << "]\n";
    const fs::path plan = folder_.path() / "plan.yaml";
    std::ofstream(plan) << "name: adapted\ntarget: " << (folder_.path() / "target.yaml").string()
                        << "\nnodes: 1\nduration: 2s\nseed: 1\nchecks: [linearizable, liveness]\nworkload: " << workload
                        << "\n";
    return plan;
  }

  std::string store() const { return folder_.path() / "store"; }

  Results results() const {
    const fs::path file = fs::path(store()) / "latest" / "results.json";
    return results_from_json(text_of(file), file);
  }

  TemporaryFolder folder_;
  const fs::path output_ = folder_.path() / "output";
};

TEST_F(OnAdapterTargets, ClientsDoTheirWorkThroughTheAdapter) {
  const EndedProgram run = ordeal({"run", plan_with_adapter(", alone"), "--store", store()});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("valid  linearizable"));
  EXPECT_THAT(text_of(fs::path(store()) / "latest" / "adapter.log"),
              HasSubstr("--- ordeal: starting adapter python3 "));
}

TEST_F(OnAdapterTargets, AnAdapterThatCannotServeIsRefusedBeforeARunBegins) {
  const struct {
    const char* words;
    const char* workload;
    const char* message;
  } table[] = {
      {", alone", "{name: register, read: lease}",
       "target raftd: reads are asked for as lease, and the adapter supports linearizable, local"},
      {", dumb", "{name: register}", "did not introduce itself within 10000 ms after ordeal's greeting"},
      {", future", "{name: register}", "it speaks protocol 99, and ordeal speaks 1"},
      {".not-there", "{name: register}", "No such file or directory"},
  };
  for (const auto& [words, workload, message] : table) {
    const EndedProgram run = ordeal({"run", plan_with_adapter(words, workload), "--store", store()});
    EXPECT_EQ(run.exit_code, 254) << run.output;
    EXPECT_THAT(run.output, HasSubstr(message));
    EXPECT_FALSE(fs::exists(store()));
  }
}

TEST_F(OnAdapterTargets, OneThatEndsAgainAndAgainIsNeverBlamedOnTheTarget) {
  const EndedProgram run = ordeal({"run", plan_with_adapter(", short-lived"), "--store", store()});
  EXPECT_EQ(run.exit_code, 255) << run.output;
  EXPECT_THAT(run.output, HasSubstr("ended 5 times in a row without an answer, the last time so: exit status 4"));
}

TEST_F(OnAdapterTargets, TheAdapterDiesWithTheHarness) {
  const std::string mark = folder_.path() / "mark";
  const auto runs = [&] {
    for (const auto& process : fs::directory_iterator("/proc")) {
      if (text_of(process.path() / "cmdline").find(mark) != std::string::npos) return true;
    }
    return false;
  };
  const std::string plan = plan_with_adapter(", alone, immortal, " + mark);
  Child child({ORDEAL_PROGRAM, "run", plan, "--store", store(), "--set", "duration=10m"}, output_);
  while (text_of(output_).find("are ready") == std::string::npos) {
    ASSERT_FALSE(child.wait_status().has_value()) << text_of(output_);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(runs());
  child.kill();
  while (runs()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

TEST_F(OnAdapterTargets, TheConformanceTestTellsAnAdapterFromOneThatIsNone) {
  const EndedProgram good = ordeal({"adapter", "check", "python3", TEST_ADAPTER});
  EXPECT_EQ(good.exit_code, 0) << good.output;
  EXPECT_THAT(good.output, HasSubstr("the adapter keeps every promise"));
  const EndedProgram bad = ordeal({"adapter", "check", "python3", TEST_ADAPTER, "twice"});
  EXPECT_EQ(bad.exit_code, 1) << bad.output;
  EXPECT_THAT(bad.output, HasSubstr("the adapter breaks 1 of 10 promises"));
  const EndedProgram none = ordeal({"adapter", "check", "/nowhere/adapter"});
  EXPECT_EQ(none.exit_code, 254) << none.output;
}

struct Shipped {
  const char* plan;
  std::vector<const char*> programs;  // that its packages install
  std::vector<const char*> settings;
  std::vector<int> exit_codes;  // that such a short run may end with

  friend void PrintTo(const Shipped& shipped, std::ostream* out) { *out << shipped.plan; }
};

class ShippedTargets : public OnAdapterTargets, public testing::WithParamInterface<Shipped> {};

// What a verdict is worth is for the long runs to say: here the target starts, is tortured, heals, and is judged.
TEST_P(ShippedTargets, AreStartedTorturedAndJudged) {
  const Shipped& shipped = GetParam();
  for (const char* program : shipped.programs) {
    const bool installed =
        std::string(program).ends_with(".jar") ? fs::exists(program) : find_binary(program, "/usr/sbin").has_value();
    if (!installed) GTEST_SKIP() << program << " is not installed: " << shipped.plan << " was NOT tried";
  }
  std::vector<std::string> words{"run",          ORDEAL_CONFIGS + std::string("/") + shipped.plan + ".yaml",
                                 "--seed",       "1",
                                 "--store",      store(),
                                 "--keep-going", "--set",
                                 "duration=8s"};
  for (const char* setting : shipped.settings) words.insert(words.end(), {"--set", setting});
  const EndedProgram run = ordeal(words);
  EXPECT_THAT(shipped.exit_codes, testing::Contains(run.exit_code)) << run.output;
  EXPECT_THAT(run.output, HasSubstr("operations succeeded"));
  const Results results = this->results();
  std::uint64_t succeeded = 0;
  for (const auto& [f, counts] : results.operations) succeeded += counts.ok;
  EXPECT_GT(succeeded, 100U) << run.output;
}

INSTANTIATE_TEST_SUITE_P(
    Plans, ShippedTargets,
    testing::Values(
        Shipped{"redis-sentinel", {"redis-server", "redis-sentinel"}, {"nemesis.interval=2s"}, {0, 1, 2}},
        Shipped{"zookeeper", {"java", "/usr/share/java/zookeeper.jar"}, {"nemesis.interval=2s"}, {0, 1, 2}},
        Shipped{"zookeeper-sync", {"java", "/usr/share/java/zookeeper.jar"}, {"nemesis.interval=2s"}, {0, 1, 2}},
        Shipped{"nats", {"nats-server"}, {"nemesis.interval=2s"}, {0, 1, 2}},
        Shipped{"nats-cas", {"nats-server"}, {}, {0, 1, 2}}),
    [](const auto& one) {
      std::string name = one.param.plan;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace ordeal::harness
