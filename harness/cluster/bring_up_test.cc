#include "harness/cluster/bring_up.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "harness/cluster/testing/fake_cluster.h"

namespace ordeal::harness {
namespace {

using testing::HasSubstr;

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Question script(const std::string& text) {
  return {.way = Question::Way::command, .command = {"sh", "-c", text}};
}

std::string failure_of(FakeCluster& cluster, const Target& target) {
  try {
    bring_up(*cluster.processes, target);
    return "none";
  } catch (const ClusterError& error) {
    return error.what();
  }
}

TEST(BringUp, WritesFilesAndRunsCommandsBeforeEachNodesFirstStart) {
  Target target = fake_target();
  target.files = {{"${data}/deep/myid", "${id}\n"}, {"conf", "${nodes lines:{node}}", true}};
  target.setup = {{.when = SetupStep::When::before_start,
                   .at_each = true,
                   .question = script("cat ${data}/deep/myid conf > ${data}/made; echo again >> ${data}/runs")}};
  FakeCluster cluster(loopback_nodes(2), target);
  bring_up(*cluster.processes, target);
  const auto folder = cluster.folder.path() / "nodes/n2";
  EXPECT_EQ(content_of(folder / "data/made"), "2\nn1\nn2");

  std::ofstream(folder / "conf") << "changed";
  std::ofstream(folder / "data/deep/myid") << "changed";
  cluster.processes->expect_exit("n2");
  cluster.tell("n2", "/exit/0");
  ASSERT_TRUE(cluster.processes->await_exit("n2", std::chrono::seconds(60)));
  cluster.processes->start("n2");
  EXPECT_EQ(content_of(folder / "conf"), "n1\nn2");             // of each start
  EXPECT_EQ(content_of(folder / "data/deep/myid"), "changed");  // of the first start only
  EXPECT_EQ(content_of(folder / "data/runs"), "again\n");
}

TEST(BringUp, GivesNodesTheirEnvironmentAndTheFirstItsOwnWords) {
  Target target = fake_target();
  target.environment = {{"ORDEAL_TEST_NODE", "${node}"}};
  target.words_of_others = {"ignore-term"};
  FakeCluster cluster(loopback_nodes(2), target);
  bring_up(*cluster.processes, target);
  const auto of_process = [&](const std::string& node, const std::string& file) {
    return content_of(std::filesystem::path("/proc") / std::to_string(cluster.processes->processes(node).at(0)) / file);
  };
  EXPECT_THAT(of_process("n2", "environ"), HasSubstr(std::string("ORDEAL_TEST_NODE=n2\0", 20)));
  EXPECT_THAT(of_process("n2", "environ"), HasSubstr("PATH="));
  EXPECT_THAT(of_process("n2", "cmdline"), HasSubstr("ignore-term"));
  EXPECT_THAT(of_process("n1", "cmdline"), testing::Not(HasSubstr("ignore-term")));
}

TEST(BringUp, DoesItsStepsInOrderUntilTheySucceed) {
  Target target = fake_target();
  const std::string log = "../log";
  target.setup = {
      {.when = SetupStep::When::first_ready, .question = script("echo first ${node} >> ../log")},
      {.question = script("echo try >> ../tries; test $(wc -l < ../tries) -ge 3")},
      {.at_each = true, .question = script("echo all ${node} >> ../log; echo welcome"), .matches = "^welcome"},
      {.question = question_at("http://${ip}:8100/lead/7")},
  };
  FakeCluster cluster(loopback_nodes(2), target);
  bring_up(*cluster.processes, target);
  EXPECT_EQ(content_of(cluster.folder.path() / "nodes/log"), "first n1\nall n1\nall n2\n");
  EXPECT_EQ(content_of(cluster.folder.path() / "nodes/tries"), "try\ntry\ntry\n");
  EXPECT_TRUE(await([&] { return cluster.processes->leader() == "n1"; }));
}

TEST(BringUp, SaysWhichStepFailedAndHow) {
  struct Case {
    SetupStep step;
    std::vector<std::string> said;
  };
  const Case cases[] = {
      {{.question = script("echo no quorum; false"), .within = std::chrono::milliseconds(300)},
       {"n1: the set-up has not succeeded within 0.3 s: sh -c echo no quorum; false: exit status 1: no quorum",
        "see `setup`"}},
      {{.at_each = true, .question = question_at("http://${ip}:8101/"), .within = std::chrono::milliseconds(300)},
       {"n1: the set-up has not succeeded", ":8101/: connection refused"}},
      {{.when = SetupStep::When::before_start, .at_each = true, .question = script("echo bad disk; exit 4")},
       {"n1: cannot be started: the command before its start failed", "exit status 4: bad disk"}},
  };
  for (const Case& one : cases) {
    Target target = fake_target();
    target.setup = {one.step};
    FakeCluster cluster(loopback_nodes(1), target);
    const std::string failure = failure_of(cluster, target);
    for (const std::string& part : one.said) EXPECT_THAT(failure, HasSubstr(part));
  }
}

TEST(BringUp, NodesAreReadyAndLeadAsTheirCommandsSay) {
  Target target = fake_target();
  target.ready = {
      .question = {.way = Question::Way::tcp, .address = "${ip}:8100", .send = "GET /ready HTTP/1.0\r\n\r\n"},
      .matches = "^HTTP/1.. 200"};
  target.leader =
      LeaderProbe{.question = script("echo ${node} says; cat ../leader"), .matches = "leader=${node} term=(\\d+)"};
  FakeCluster cluster(loopback_nodes(3), target);
  std::ofstream(cluster.folder.path() / "nodes/leader") << "leader=n2 term=7\n";
  bring_up(*cluster.processes, target);
  EXPECT_TRUE(await([&] { return cluster.processes->leader() == "n2"; }));
  std::ofstream(cluster.folder.path() / "nodes/leader") << "leader=n3 term=8\n";
  EXPECT_TRUE(await([&] { return cluster.processes->leader() == "n3"; }));
}

TEST(BringUp, ALeadersAnswerMayNameTheNode) {
  Target target = fake_target();
  target.leader->field = "/term";
  target.leader->equals = "${id}";
  FakeCluster cluster(loopback_nodes(3), target);
  bring_up(*cluster.processes, target);
  cluster.tell("n1", "/lead/2");
  cluster.tell("n2", "/lead/2");
  EXPECT_TRUE(await([&] { return cluster.processes->leader() == "n2"; }));
}

}  // namespace
}  // namespace ordeal::harness
