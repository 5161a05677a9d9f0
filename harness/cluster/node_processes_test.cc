#include "harness/cluster/node_processes.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "harness/cluster/testing/fake_cluster.h"

namespace ordeal::harness {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

constexpr seconds kLong{60};  // only ends a test that hangs

void kill_all(const NodeProcesses& processes, const std::string& node, int signal) {
  for (const pid_t pid : processes.processes(node)) ::kill(pid, signal);
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const ClusterError& error) {
    return error.what();
  }
  return "no error";
}

TEST(NodeProcesses, StartsEveryNodeAndAnswersForIt) {
  FakeCluster cluster(loopback_nodes(3));
  cluster.start();
  EXPECT_THAT(cluster.processes->nodes(), ElementsAre("n1", "n2", "n3"));
  for (const SandboxNode& node : loopback_nodes(3)) {
    SCOPED_TRACE(node.name);
    EXPECT_THAT(cluster.processes->processes(node.name), SizeIs(1));
    EXPECT_EQ(cluster.processes->address(node.name), node.address);
    EXPECT_EQ(cluster.processes->endpoint(node.name), node.address + ":8100");
    EXPECT_EQ(cluster.processes->network_namespace(node.name), -1);
    EXPECT_EQ(cluster.processes->data_folder(node.name), cluster.folder.path() / "nodes" / node.name / "data");
    EXPECT_TRUE(std::filesystem::is_directory(cluster.processes->data_folder(node.name)));
    EXPECT_EQ(cluster.tell(node.name, "/status").status, 200);
  }
  EXPECT_THAT(cluster.processes->exits(), IsEmpty());
}

TEST(NodeProcesses, EachOutputGoesToItsFileAndIsKeptOverRestarts) {
  FakeCluster cluster(loopback_nodes(1));
  cluster.start();
  cluster.tell("n1", "/say/first");
  cluster.tell("n1", "/write/second");
  cluster.processes->expect_exit("n1");
  kill_all(*cluster.processes, "n1", SIGKILL);
  ASSERT_EQ(cluster.processes->await_exit("n1", kLong), "signal 9");
  cluster.start_again("n1");
  cluster.tell("n1", "/say/third");
  const std::string where = loopback_nodes(1)[0].address + ":8100";
  const std::string began = "--- ordeal: starting n1 at [0-9.]+ s: [^\n]*fake_node " + where + "\n";
  const std::string ended = "--- ordeal: n1 .pid [0-9]+. ended at [0-9.]+ s: signal 9\n";
  EXPECT_THAT(content_of(cluster.folder.path() / "nodes/n1/stderr.log"),
              MatchesRegex(began + "first\n" + ended + began + "third\n"));
  EXPECT_THAT(content_of(cluster.folder.path() / "nodes/n1/stdout.log"),
              MatchesRegex(began + "second\n" + ended + began));
}

TEST(NodeProcesses, AnExitThatWasAnnouncedIsExpected) {
  FakeCluster cluster(loopback_nodes(2));
  cluster.start();
  cluster.processes->expect_exit("n2");
  kill_all(*cluster.processes, "n2", SIGKILL);
  EXPECT_EQ(cluster.processes->await_exit("n2", kLong), "signal 9");
  EXPECT_THAT(cluster.processes->processes("n2"), IsEmpty());
  const std::vector<NodeExit> exits = cluster.processes->exits();
  ASSERT_THAT(exits, SizeIs(1));
  EXPECT_EQ(exits[0].node, "n2");
  EXPECT_TRUE(exits[0].expected);
  EXPECT_EQ(exits[0].status, "signal 9");
  EXPECT_GT(exits[0].time, seconds(0));
  EXPECT_THAT(exits[0].last_lines, IsEmpty());
  EXPECT_THAT(cluster.noticed(), ElementsAre("n2"));
}

TEST(NodeProcesses, AnExitThatWasNotAnnouncedCarriesTheLastLinesOfThatLife) {
  FakeCluster cluster(loopback_nodes(1));
  cluster.start();
  cluster.tell("n1", "/say/of-an-earlier-life");
  cluster.tell("n1", "/exit/0");
  cluster.processes->await_exit("n1", kLong);
  cluster.start_again("n1");
  cluster.tell("n1", "/write/on-standard-output");
  for (int i = 1; i <= 18; ++i) cluster.tell("n1", "/say/" + std::to_string(i));
  cluster.tell("n1", "/abort");
  EXPECT_TRUE(await([&] { return cluster.noticed().size() == 2; }));
  const std::vector<NodeExit> exits = cluster.processes->exits();
  ASSERT_THAT(exits, SizeIs(2));
  EXPECT_FALSE(exits[0].expected);
  EXPECT_EQ(exits[0].status, "exit status 0");
  EXPECT_FALSE(exits[1].expected);
  EXPECT_EQ(exits[1].status, "signal 6");
  ASSERT_THAT(exits[1].last_lines, SizeIs(20));
  EXPECT_EQ(exits[1].last_lines.front(), "on-standard-output");
  EXPECT_EQ(exits[1].last_lines[1], "1");
  EXPECT_EQ(exits[1].last_lines.back(), "Assertion failed: as told");
}

TEST(NodeProcesses, ACrashIsTheNodesOwnDoingEvenWhileItsExitIsWanted) {
  FakeCluster cluster(loopback_nodes(1));
  cluster.start();
  cluster.processes->expect_exit("n1");
  cluster.tell("n1", "/abort");
  EXPECT_EQ(cluster.processes->await_exit("n1", kLong), "signal 6");
  EXPECT_FALSE(cluster.processes->exits().at(0).expected);
}

TEST(NodeProcesses, AnAnnouncementDoesNotOutliveTheLifeItWasMadeFor) {
  FakeCluster cluster(loopback_nodes(1));
  cluster.start();
  cluster.processes->expect_exit("n1");
  kill_all(*cluster.processes, "n1", SIGKILL);
  cluster.processes->await_exit("n1", kLong);
  cluster.processes->expect_exit("n1");  // comes too late and means nothing
  cluster.start_again("n1");
  cluster.tell("n1", "/exit/3");
  EXPECT_EQ(cluster.processes->await_exit("n1", kLong), "exit status 3");
  EXPECT_FALSE(cluster.processes->exits().at(1).expected);
}

TEST(NodeProcesses, ANodeIsAllItsProcessesAndHasExitedWhenNoneIsLeft) {
  FakeCluster cluster(loopback_nodes(1));
  cluster.start();
  cluster.tell("n1", "/child");
  cluster.tell("n1", "/orphan");
  const std::vector<pid_t> all = cluster.processes->processes("n1");
  ASSERT_THAT(all, SizeIs(3));
  cluster.processes->expect_exit("n1");
  ::kill(all.front(), SIGKILL);
  EXPECT_TRUE(await([&] { return !cluster.noticed().empty(); }));  // though two of it live on
  EXPECT_EQ(cluster.processes->await_exit("n1", milliseconds(20)), std::nullopt);
  EXPECT_EQ(cluster.processes->processes("n1"), std::vector(all.begin() + 1, all.end()));
  kill_all(*cluster.processes, "n1", SIGKILL);
  EXPECT_EQ(cluster.processes->await_exit("n1", kLong), "signal 9");
}

TEST(NodeProcesses, WhatIsLeftOfAFormerLifeIsKilledBeforeTheNext) {
  FakeCluster cluster(loopback_nodes(1));
  cluster.start();
  cluster.tell("n1", "/orphan");  // holds the port
  const std::vector<pid_t> all = cluster.processes->processes("n1");
  ASSERT_THAT(all, SizeIs(2));
  ::kill(all.front(), SIGKILL);
  EXPECT_TRUE(await([&] { return !cluster.noticed().empty(); }));
  cluster.start_again("n1");
  EXPECT_THAT(cluster.processes->processes("n1"), AllOf(SizeIs(1), ::testing::Not(::testing::Contains(all[1]))));
}

TEST(NodeProcesses, AwaitExitGivesUpOnANodeThatRuns) {
  FakeCluster cluster(loopback_nodes(1));
  EXPECT_EQ(cluster.processes->await_exit("n1", milliseconds(0)), "never started");
  cluster.start();
  EXPECT_EQ(cluster.processes->await_exit("n1", milliseconds(20)), std::nullopt);
}

TEST(NodeProcesses, ANodeThatIsNotReadyIsNamedWithWhatItAnsweredLast) {
  Target target = fake_target();
  target.ready.status = 418;
  FakeCluster cluster(loopback_nodes(2), target);
  cluster.processes->start_all();
  EXPECT_TRUE(await([&] { return cluster.tell("n1", "/say/still-waiting").status == 200; }));
  EXPECT_TRUE(await([&] { return cluster.tell("n2", "/unready").status == 200; }));
  const std::string n1 = loopback_nodes(2)[0].address, n2 = loopback_nodes(2)[1].address;
  EXPECT_EQ(message_of([&] { cluster.processes->await_ready(milliseconds(500)); }),
            "n1: not ready after 0.5 s: GET http://" + n1 + ":8100/ready: answered 200 instead of 418: " +
                "{\"role\":\"follower\",\"term\":0}\n" + "n2: not ready after 0.5 s: GET http://" + n2 +
                ":8100/ready: answered 503 instead of 418: {\"role\":\"follower\",\"term\":0}\n" +
                "n1 wrote last (all of it: " + (cluster.folder.path() / "nodes/n1").native() + "):\n  still-waiting");
}

TEST(NodeProcesses, ANodeThatIsSilentIsNamedAsSuch) {
  FakeCluster cluster(loopback_nodes(1));
  cluster.start();
  kill_all(*cluster.processes, "n1", SIGSTOP);
  EXPECT_THAT(message_of([&] { cluster.processes->await_ready(milliseconds(100)); }), HasSubstr("no answer within"));
  kill_all(*cluster.processes, "n1", SIGCONT);
}

TEST(NodeProcesses, ANodeThatExitsBeforeItIsReadyIsNamedAtOnce) {
  FakeCluster first(loopback_nodes(1));
  first.start();
  first.tell("n1", "/unready");           // else it could answer in the other's place, since they share a namespace
  FakeCluster second(loopback_nodes(2));  // n1's port is in use
  second.processes->start_all();
  const std::string n1 = loopback_nodes(1)[0].address;
  EXPECT_EQ(message_of([&] { second.processes->await_ready(kLong); }),
            "n1: ended before all nodes were ready: exit status 1\nn1 wrote last (all of it: " +
                (second.folder.path() / "nodes/n1").native() + "):\n  fake_node: " + n1 +
                ":8100: Address already in use");
}

TEST(NodeProcesses, AProgramThatCannotBeExecutedIsAnErrorThatSaysWhy) {
  TemporaryFolder folder;
  const auto never = [](const NodeExit&) { ADD_FAILURE() << "nothing ran"; };
  const auto clock = [] { return std::chrono::nanoseconds(0); };
  struct Case {
    std::filesystem::path binary;
    std::string reason;
  };
  const std::filesystem::path garbage = folder.write("garbage", std::string("\x7f"
                                                                            "ELF\x00 no program",
                                                                            16));
  std::filesystem::permissions(garbage, std::filesystem::perms::owner_all);
  const Case cases[] = {{"/nowhere/raftd", "No such file or directory"},
                        {folder.write("text", "no program"), "Permission denied"},
                        {folder.path(), "Permission denied"},
                        {garbage, "Exec format error"}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.binary);
    NodeProcesses processes(fake_target(), loopback_nodes(1), c.binary, folder.path() / "run", clock, never);
    EXPECT_EQ(message_of([&] { processes.start_all(); }),
              "n1: cannot be started: " + c.binary.native() + ": cannot be executed: " + c.reason);
    EXPECT_THAT(processes.processes("n1"), IsEmpty());
  }
}

TEST(NodeProcesses, AFolderThatCannotBeMadeIsAnErrorThatNamesIt) {
  TemporaryFolder folder;
  folder.write("nodes", "a file");
  EXPECT_EQ(message_of([&] {
              NodeProcesses(
                  fake_target(), loopback_nodes(1), FAKE_NODE, folder.path(),
                  [] { return std::chrono::nanoseconds(0); }, nullptr);
            }),
            (folder.path() / "nodes/n1/data").native() + ": cannot be created: Not a directory");
}

TEST(NodeProcesses, ARunningNodeIsNotStartedTwiceAndAnUnknownOneNever) {
  FakeCluster cluster(loopback_nodes(1));
  cluster.start();
  const pid_t pid = cluster.processes->processes("n1").at(0);
  EXPECT_EQ(message_of([&] { cluster.processes->start("n1"); }), "n1: runs already (pid " + std::to_string(pid) + ")");
  EXPECT_EQ(message_of([&] { cluster.processes->start("n7"); }), "n7: this cluster has no such node");
}

TEST(NodeProcesses, ANodeInheritsNeitherDescriptorsNorSignalsNorTheSession) {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const int leak = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  FakeCluster cluster(loopback_nodes(1));
  cluster.start();
  const pid_t pid = cluster.processes->processes("n1").at(0);
  EXPECT_EQ(cluster.tell("n1", "/descriptors").body, "0");
  EXPECT_EQ(::getsid(pid), pid);
  const std::string status = content_of("/proc/" + std::to_string(pid) + "/status");
  EXPECT_THAT(status, HasSubstr("SigBlk:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("SigIgn:\t0000000000000000"));
  EXPECT_EQ(std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/cwd"), cluster.folder.path() / "nodes/n1");
  ::close(leak);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
}

TEST(NodeProcesses, StopAllEndsPausedNodesToo) {
  FakeCluster cluster(loopback_nodes(3));
  cluster.start();
  kill_all(*cluster.processes, "n2", SIGSTOP);
  EXPECT_THAT(cluster.processes->stop_all(kLong), IsEmpty());
  const std::vector<NodeExit> exits = cluster.processes->exits();
  ASSERT_THAT(exits, SizeIs(3));
  for (const NodeExit& exit : exits) {
    SCOPED_TRACE(exit.node);
    EXPECT_TRUE(exit.expected);
    EXPECT_EQ(exit.status, "signal 15");
    EXPECT_THAT(cluster.processes->processes(exit.node), IsEmpty());
  }
  EXPECT_EQ(message_of([&] { cluster.processes->start("n1"); }), "n1: cannot be started: the cluster was stopped");
}

TEST(NodeProcesses, StopAllKillsWhatDoesNotEndAndNamesIt) {
  Target target = fake_target();
  target.command.push_back("ignore-term");
  FakeCluster cluster(loopback_nodes(2), target);
  cluster.start();
  cluster.tell("n2", "/exit/0");
  ASSERT_EQ(cluster.processes->await_exit("n2", kLong), "exit status 0");
  EXPECT_THAT(cluster.processes->stop_all(milliseconds(50)), ElementsAre("n1"));
  EXPECT_EQ(cluster.processes->await_exit("n1", kLong), "signal 9");
  EXPECT_TRUE(cluster.processes->exits().at(1).expected);
}

TEST(NodeProcesses, NothingRunsOnAfterItsDestruction) {
  FakeCluster cluster(loopback_nodes(2));
  cluster.start();
  cluster.tell("n1", "/orphan");
  std::vector<pid_t> pids = cluster.processes->processes("n1");
  ASSERT_THAT(pids, SizeIs(2));
  pids.push_back(cluster.processes->processes("n2").at(0));
  cluster.processes.reset();
  for (const pid_t pid : pids) EXPECT_TRUE(await([&] { return ::kill(pid, 0) != 0; })) << pid;
}

TEST(NodeProcesses, TheLeaderIsTheLargestClaimOfThoseThatAnswer) {
  FakeCluster cluster(loopback_nodes(3));
  EXPECT_EQ(cluster.processes->leader(), std::nullopt);
  cluster.start();
  const auto leads = [&](const std::string& node) { return [&, node] { return cluster.processes->leader() == node; }; };
  cluster.tell("n1", "/lead/9");
  EXPECT_TRUE(await(leads("n1")));
  cluster.tell("n2", "/lead/10");
  EXPECT_TRUE(await(leads("n2")));
  kill_all(*cluster.processes, "n2", SIGSTOP);  // its claim expires, that of n1 is repeated
  EXPECT_TRUE(await(leads("n1")));
  kill_all(*cluster.processes, "n2", SIGCONT);
  EXPECT_TRUE(await(leads("n2")));
  cluster.tell("n2", "/follow");
  EXPECT_TRUE(await(leads("n1")));
  cluster.processes->expect_exit("n1");
  kill_all(*cluster.processes, "n1", SIGKILL);
  EXPECT_TRUE(await([&] { return cluster.processes->leader() == std::nullopt; }));
}

TEST(NodeProcesses, ATargetThatDoesNotSayWhoLeadsHasNoLeader) {
  Target target = fake_target();
  target.leader.reset();
  FakeCluster cluster(loopback_nodes(1), target);
  cluster.start();
  cluster.tell("n1", "/lead/1");
  EXPECT_EQ(cluster.processes->leader(), std::nullopt);
}

TEST(NodeProcesses, AllThreadsMayUseItAtOnce) {
  FakeCluster cluster(loopback_nodes(3));
  cluster.start();
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (const std::string& node : cluster.processes->nodes())
    readers.emplace_back([&, node] {
      while (!done) {
        cluster.processes->processes(node);
        cluster.processes->leader();
        cluster.processes->exits();
        cluster.processes->await_exit(node, milliseconds(1));
      }
    });
  std::vector<std::thread> nemeses;
  for (const std::string& node : cluster.processes->nodes())
    nemeses.emplace_back([&, node] {
      for (int round = 0; round < 10; ++round) {
        cluster.processes->expect_exit(node);
        kill_all(*cluster.processes, node, SIGKILL);
        EXPECT_EQ(cluster.processes->await_exit(node, kLong), "signal 9");
        cluster.processes->start(node);
      }
    });
  for (std::thread& thread : nemeses) thread.join();
  done = true;
  for (std::thread& thread : readers) thread.join();
  cluster.processes->await_ready(kLong);
  EXPECT_THAT(cluster.processes->exits(),
              AllOf(SizeIs(30), ::testing::Each(::testing::Field(&NodeExit::expected, true))));
}

}  // namespace
}  // namespace ordeal::harness
