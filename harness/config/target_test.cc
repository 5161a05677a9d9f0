#include "harness/config/target.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "harness/config/config_error.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

const fs::path testdata = TESTDATA;

TEST(Target, NeedsOnlyHowToStartAndAskIt) {
  Target expected;
  expected.name = "one";
  expected.binary = "/opt/one/bin/one";
  expected.command = {"${binary}"};
  expected.ready = {question_at("http://${ip}:80/"), 200};
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
  expected.ready = {question_at("http://${ip}:80/health"), 204};
  expected.ready_within = std::chrono::minutes(1);
  expected.leader = LeaderProbe{question_at("http://${ip}:80/status"), "leader", "${node}", "", "raft_term"};
  expected.endpoint = "${ip}:80";
  expected.knobs = {{"pace", {{"usual", {}}, {"fast", {"--tick=1ms", "--of=${node}"}}}},
                    {"size", {{"small", {"--size=1"}}}}};
  expected.upgrade = OtherVersion{"full-2", {"${binary}", "--all=${members}"}, {"--new=${id}"}, {{"PACE", "2"}}};
  expected.peer_port = 2;  // of the member
  expected.log_alarms = {"panic:", "fatal error"};
  expected.corruptible = {
      {"wal/*.wal", {nemesis::CorruptKind::bit_flip, nemesis::CorruptKind::truncate}, std::uint64_t{64} << 10},
      {"db", {nemesis::CorruptKind::truncate}, 0}};
  expected.refusals = {"bad crc"};
  EXPECT_EQ(load_target((testdata / "target_full.good.yaml").string(), ""), expected);
}

TEST(Target, IsStartedAndAskedInEveryWayThatItsFileSays) {
  const Target target = load_target((testdata / "target_every_way.good.yaml").string(), "");
  EXPECT_EQ(target.version, (VersionProbe{{"${binary}", "--version"}, R"(server (\d\S*))", "3.4.1"}));
  EXPECT_THAT(target.words_of_first, ElementsAre("--bootstrap"));
  EXPECT_THAT(target.words_of_others, ElementsAre("--join=${first.ip}:80"));
  EXPECT_THAT(target.environment, ElementsAre(Pair("NODE", "${node}"), Pair("THREADS", "2")));
  EXPECT_THAT(target.files, ElementsAre(NodeFile{"${data}/myid", "${id}", false},
                                        NodeFile{"server.conf", "${nodes lines:server.{id}={ip}:2888:3888}\n", true}));
  const Question by_command{.way = Question::Way::command, .command = {"${binary}", "--init", "${data}"}};
  const Question by_http{.request = {.url = "http://${ip}:80/init", .body = R"({"peers":"${peers:{ip}}"})"}};
  const Question by_tcp{.way = Question::Way::tcp, .address = "${ip}:80", .send = "hello\n"};
  EXPECT_THAT(target.setup,
              ElementsAre(SetupStep{.when = SetupStep::When::before_start,
                                    .at_each = true,
                                    .question = by_command,
                                    .within = std::chrono::seconds(20)},
                          SetupStep{.when = SetupStep::When::first_ready, .question = by_http, .status = 201},
                          SetupStep{.at_each = true, .question = by_tcp, .matches = "^welcome ${node}"}));
  const Question ready{.way = Question::Way::tcp, .address = "${ip}:80", .send = "ruok"};
  EXPECT_EQ(target.ready, (ReadyProbe{.question = ready, .matches = "imok"}));
  const Question leader{.request = {.url = "http://${ip}:80/status", .body = "{}"}};
  EXPECT_EQ(target.leader, (LeaderProbe{.question = leader,
                                        .field = "/leader",
                                        .equals_field = "/header/member_id",
                                        .term_field = "/header/raft_term"}));
  EXPECT_EQ(target.stop_signal, SIGINT);
  EXPECT_THAT(target.log_alarms, ElementsAre("panic:"));
  EXPECT_THAT(target.log_alarm_patterns, ElementsAre(R"(^\S+ FATAL )"));
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

TEST(Substitute, WritesOutListsOfNodes) {
  const NodeVariables n2{.node = "n2",
                         .id = 2,
                         .ip = "10.0.0.2",
                         .data = "/run/n2/data",
                         .members = "",
                         .binary = "",
                         .cluster = {{"n1", "1", "10.0.0.1"}, {"n2", "2", "10.0.0.2"}, {"n3", "9", "10.0.0.3"}}};
  const std::vector<std::pair<std::string, std::string>> cases{
      {"--all=${nodes:{node}=http://{ip}:2380}",
       "--all=n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380,n3=http://10.0.0.3:2380"},
      {"${peers:{id}}", "1,9"},
      {"${nodes lines:server.{id}={ip}}\n", "server.1=10.0.0.1\nserver.2=10.0.0.2\nserver.9=10.0.0.3\n"},
      {"a ${peers words:-j {ip}} b", "a -j 10.0.0.1 -j 10.0.0.3 b"},
      {"${peers:x}${node}", "x,xn2"},
      {"${first.node} ${first.ip} ${folder}", "n1 10.0.0.1 /run/n2"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(substitute(text, n2), expected);
  EXPECT_THAT(substitute({"${peers words:--join={ip}}", "${peers:{ip}}", "x${peers words:{id}}"}, n2),
              ElementsAre("--join=10.0.0.1", "--join=10.0.0.3", "10.0.0.1,10.0.0.3", "x1 9"));
}

TEST(TargetFile, SaysInWhatItDiffersFromTheOneThatItExtends) {
  const Target raftd = load_target("raftd", CONFIGS);
  Target expected = raftd;
  expected.name = "raftd-snapshots";
  expected.command.insert(expected.command.end(), {"--snapshot-entries=50", "--log-tail=10"});
  expected.knobs.erase("snapshots");
  const TargetFile file = load_target_file("raftd-snapshots", CONFIGS);
  EXPECT_EQ(file.target, expected);
  EXPECT_EQ(parse_target(file.yaml, "target.yaml"), expected);  // as it is kept in the run folder
  EXPECT_THAT(file.yaml, Not(HasSubstr("extends")));
}

TEST(TargetFile, WithoutExtensionIsKeptAsItIs) {
  EXPECT_THAT(load_target_file("raftd", CONFIGS).yaml, HasSubstr("# The bundled system"));
}

class TargetFiles : public testing::Test {
 protected:
  TargetFiles() { fs::create_directories(folder_); }
  ~TargetFiles() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  std::string refusal(const std::string& file) const {
    try {
      load_target(file, CONFIGS);
      return "accepted";
    } catch (const ConfigError& error) {
      return error.what();
    }
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / fmt::format("target-files-{}", ::getpid());
};

TEST_F(TargetFiles, ExtendOneBesideThemAndKnowWhereTheyAre) {
  write("base.yaml",
        "name: base\nbinary: x\ncommand: [\"${here}/start\", a]\nready: {http: \"http://${ip}:80/\", status: 204}\n"
        "client: raftd\nendpoint: ${ip}:80\ninstall: nowhere\n");
  const Target target = load_target(
      write("more.yaml", "extends: base.yaml\nname: more\nwords: [b]\nready: {status: 201}\ninstall: ~\n"), CONFIGS);
  EXPECT_THAT(target.command, ElementsAre((folder_ / "start").lexically_normal().string(), "a", "b"));
  EXPECT_EQ(target.ready, (ReadyProbe{question_at("http://${ip}:80/"), 201}));
  EXPECT_EQ(target.install_hint, "");
}

TEST_F(TargetFiles, AreRefusedWithThePlaceOfWhatIsWrong) {
  const std::string circle = write("circle.yaml", "extends: circle.yaml\n");
  EXPECT_EQ(refusal(circle), circle +
                                 ":1:10: extends: goes round in a circle, or is far too deep; take it out of one "
                                 "of the files");
  const std::string wrong = write("wrong.yaml", "extends: raftd\nname: x\nready: {status: 99}\n");
  EXPECT_EQ(refusal(wrong), wrong + ":3:17: ready.status: 99 is out of range; write one from 100 to 599");
  EXPECT_THAT(refusal(write("lost.yaml", "extends: rafd\n")), HasSubstr("did you mean raftd?"));
  const std::string words = write("words.yaml", "extends: raftd\nwords: --more\n");
  EXPECT_EQ(refusal(words), words + ":2:8: words: \"--more\" is not a list; write one such as [--verbose]");
}

TEST(Substitute, DoesNotReplaceWhatAValueSays) {
  EXPECT_EQ(substitute("${node}", {.node = "${ip}", .id = 1, .ip = "x", .data = "", .members = "", .binary = ""}),
            "${ip}");
}

}  // namespace
}  // namespace ordeal::harness
