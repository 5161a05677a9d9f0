// The same class as in node_processes_test.cc, with nodes in namespaces of their own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "harness/cluster/testing/fake_cluster.h"
#include "harness/sandbox/testing/world.h"

namespace ordeal::harness {
namespace {

using ::testing::SizeIs;

// What is expected inside is printed there; outside only its success is seen.
int run_inside(const std::function<void()>& body) {
  return testing::in_fresh_process([&] {
    return run_in_sandbox([&] {
      body();
      return ::testing::Test::HasFailure() ? 1 : 0;
    });
  });
}

std::string namespace_of(pid_t pid, const char* kind) {
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/ns/" + kind);
}

TEST(NodeProcessesInSandbox, EachNodeHasANetworkAndAHostNameOfItsOwn) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(0, run_inside([] {
              const Network network(2);
              FakeCluster cluster(network.nodes());
              cluster.start();
              EXPECT_EQ(cluster.processes->endpoint("n2"), "10.77.0.2:8100");
              EXPECT_EQ(cluster.tell("n1", "/host").body, "n1");
              EXPECT_EQ(cluster.tell("n2", "/host").body, "n2");
              EXPECT_EQ(cluster.tell("n1", "/descriptors").body, "0");
              const pid_t first = cluster.processes->processes("n1").at(0);
              const pid_t second = cluster.processes->processes("n2").at(0);
              for (const char* kind : {"net", "uts"}) {
                SCOPED_TRACE(kind);
                EXPECT_NE(namespace_of(first, kind), namespace_of(second, kind));
                EXPECT_NE(namespace_of(first, kind), namespace_of(::getpid(), kind));
              }
            }));
}

TEST(NodeProcessesInSandbox, ANodeIsKilledWithItsOrphansAndComesBackInItsNamespace) {
  ORDEAL_SKIP_UNLESS_POSSIBLE(testing::why_no_sandbox());
  EXPECT_EQ(0, run_inside([] {
              const Network network(2);
              FakeCluster cluster(network.nodes());
              cluster.start();
              cluster.tell("n1", "/lead/4");
              EXPECT_TRUE(await([&] { return cluster.processes->leader() == "n1"; }));
              cluster.tell("n1", "/child");
              cluster.tell("n1", "/orphan");
              EXPECT_THAT(cluster.processes->processes("n1"), SizeIs(3));
              cluster.processes->expect_exit("n1");
              for (const pid_t pid : cluster.processes->processes("n1")) ::kill(pid, SIGKILL);
              EXPECT_EQ(cluster.processes->await_exit("n1", std::chrono::seconds(60)), "signal 9");
              EXPECT_EQ(cluster.processes->leader(), std::nullopt);
              cluster.start_again("n1");
              EXPECT_EQ(cluster.tell("n1", "/host").body, "n1");
              EXPECT_THAT(cluster.processes->processes("n1"), SizeIs(1));
              EXPECT_THAT(cluster.processes->stop_all(), SizeIs(0));
              EXPECT_THAT(cluster.processes->exits(), SizeIs(3));
            }));
}

}  // namespace
}  // namespace ordeal::harness
