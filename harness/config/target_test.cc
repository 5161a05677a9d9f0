#include "harness/config/target.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "harness/config/config_error.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

using testing::Contains;

const fs::path testdata = TESTDATA;

TEST(Target, NeedsOnlyHowToStartAndAskIt) {
  Target expected;
  expected.name = "one";
  expected.binary = "/opt/one/bin/one";
  expected.command = {"${binary}"};
  expected.ready = {"http://${ip}:80/", 200};
  expected.endpoint = "${ip}:80";
  EXPECT_EQ(load_target((testdata / "target_minimal.good.yaml").string(), ""), expected);
}

TEST(Target, SaysEverythingThatItsFileSays) {
  Target expected;
  expected.name = "full";
  expected.binary = "full";
  expected.install_hint = "apt-get install full";
  expected.command = {"${binary}",      "--name=${node}",   "--id=${id}", "--listen=${ip}:1",
                      "--data=${data}", "--all=${members}", "$HOME"};
  expected.member = "${node}=${ip}:2";
  expected.ready = {"http://${ip}:80/health", 204};
  expected.ready_within = std::chrono::minutes(1);
  expected.leader = LeaderProbe{"http://${ip}:80/status", "leader", "${node}", "raft_term"};
  expected.endpoint = "${ip}:80";
  expected.knobs = {{"pace", {{"usual", {}}, {"fast", {"--tick=1ms", "--of=${node}"}}}},
                    {"size", {{"small", {"--size=1"}}}}};
  expected.peer_port = 2;  // of the member
  expected.log_alarms = {"panic:", "fatal error"};
  expected.corruptible = {
      {"wal/*.wal", {nemesis::CorruptKind::bit_flip, nemesis::CorruptKind::truncate}, std::uint64_t{64} << 10},
      {"db", {nemesis::CorruptKind::truncate}, 0}};
  expected.refusals = {"bad crc"};
  EXPECT_EQ(load_target((testdata / "target_full.good.yaml").string(), ""), expected);
}

TEST(Target, IsLookedUpByNameInTheConfigFolder) {
  const Target raftd = load_target("raftd", CONFIGS);
  EXPECT_EQ(raftd.name, "raftd");
  EXPECT_EQ(raftd.client.kind, ClientKind::raftd);
  EXPECT_TRUE(raftd.leader.has_value());
  EXPECT_EQ(raftd.status_path, "/status");
  EXPECT_THAT(raftd.command, Contains("${binary}"));
}

TEST(Target, ThatIsNotThereSaysWhatWasLookedFor) {
  const auto message = [](const std::string& name, const fs::path& folder) -> std::string {
    try {
      load_target(name, folder);
      return "accepted";
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  const fs::path configs = CONFIGS;
  fs::current_path(testing::TempDir());  // where there is no configs/targets/, which would be looked at first
  EXPECT_EQ(
      message("rafd", configs),
      fmt::format("target rafd: no such target, looked for configs/targets/rafd.yaml and {}/targets/rafd.yaml; did "
                  "you mean raftd?",
                  configs.string()));
  EXPECT_EQ(
      message("etcd", "/nowhere"),
      "target etcd: no such target, looked for configs/targets/etcd.yaml and /nowhere/targets/etcd.yaml; give the "
      "path of a target file");
  EXPECT_EQ(message("./rafd.yaml", "/nowhere").substr(0, 39), "./rafd.yaml: no such file; looked for /");
  EXPECT_EQ(message(configs.string(), "/nowhere"), configs.string() + ": is a folder; give the path of a target in it");
}

TEST(Substitute, ReplacesEveryVariable) {
  const NodeVariables variables{
      .node = "n2", .id = 2, .ip = "10.77.0.2", .data = "/data", .members = "1=a,2=b", .binary = "/bin/raftd"};
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", ""},
      {"plain", "plain"},
      {"${node}${id}", "n22"},
      {"http://${ip}:80/", "http://10.77.0.2:80/"},
      {"--data=${data} --cluster=${members}", "--data=/data --cluster=1=a,2=b"},
      {"${binary}", "/bin/raftd"},
      {"$HOME $ {ip} $", "$HOME $ {ip} $"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(substitute(text, variables), expected);
}

TEST(Substitute, DoesNotReplaceWhatAValueSays) {
  EXPECT_EQ(substitute("${node}", {.node = "${ip}", .id = 1, .ip = "x", .data = "", .members = "", .binary = ""}),
            "${ip}");
}

}  // namespace
}  // namespace ordeal::harness
