// Real processes on loopback: snapshots, membership, transfers, transactions, and every kind of read.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>

#include "target-raftd/daemon/testing/raftd_process.h"

namespace raftd::daemon {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> small_snapshots = {"--snapshot-entries", "50", "--log-tail", "10"};

std::string summary(const Reply& reply) {
  return fmt::format("{} {} {}", reply.status, reply["code"], reply["definite"]);
}

Reply put(int port, const std::string& key, const std::string& value, const Headers& headers = {}) {
  return http(port, "PUT", "/kv/" + key, fmt::format(R"({{"value":"{}"}})", value), headers);
}

void fill(int port, int from, int to) {
  for (int n = from; n < to; ++n) {
    ASSERT_TRUE(eventually([&] { return put(port, fmt::format("k{}", n), std::to_string(n)).status == 200; }));
  }
}

void expect_filled(int port, int to, const std::string& level) {
  for (int n = 0; n < to; n += 7) {
    const Reply reply = http(port, "GET", fmt::format("/kv/k{}?read={}", n, level));
    ASSERT_EQ(reply["value"], std::to_string(n)) << reply.body;
  }
}

// At the leader, again while it says that it is not ready for that: a change of before may not be committed yet.
Reply change(TestCluster& cluster, const std::string& method, const std::string& target, const std::string& body = "") {
  Reply reply;
  eventually([&] {
    reply = http(cluster.port(cluster.leader()), method, target, body);
    return reply["code"] != "change_pending" && reply["code"] != "term_not_begun" && reply["code"] != "not_leader" &&
           reply["code"] != "learner_behind";
  });
  return reply;
}

Reply add(TestCluster& cluster, int id) {
  const std::string body = fmt::format(R"({{"id":{},"address":"{}"}})", id, cluster.peer_address(id));
  return change(cluster, "POST", "/members", body);
}

TEST(RaftdSnapshots, AFollowerThatWasDownGetsOneAndAllRestartFromThem) {
  TestCluster cluster(3, small_snapshots);
  cluster.start_all();
  const int leader = cluster.leader();
  const int down = leader % 3 + 1;
  const Headers once = {{"Session", "s"}, {"Serial", "1"}};
  const Reply first = http(cluster.port(leader), "POST", "/kv/counter/add", R"({"delta":5})", once);
  ASSERT_EQ(first.status, 200U) << first.body;
  cluster.kill(down);
  fill(cluster.port(leader), 0, 200);
  EXPECT_TRUE(eventually([&] { return std::stoi(cluster.status(leader, "log_base")) > 100; }));
  cluster.start(down);
  EXPECT_TRUE(eventually([&] {
    return cluster.status(down, "applied_index") == cluster.status(leader, "applied_index") &&
           cluster.status(down, "state_hash") == cluster.status(leader, "state_hash");
  }));
  EXPECT_THAT(cluster.process(down).log(), HasSubstr("installed the leader's snapshot up to entry"));
  EXPECT_THAT(http(cluster.port(down), "GET", "/metrics").body, Not(HasSubstr("raftd_snapshots_installed_total 0\n")));
  expect_filled(cluster.port(down), 200, "local");

  for (int id = 1; id <= 3; ++id) cluster.kill(id);
  cluster.start_all();
  const int second = cluster.leader();
  EXPECT_NE(cluster.status(second, "snapshot_index"), "0");
  expect_filled(cluster.port(second % 3 + 1), 200, "linearizable");
  const Reply again = http(cluster.port(second), "POST", "/kv/counter/add", R"({"delta":5})", once);
  EXPECT_EQ(again.body, first.body) << "sessions are part of snapshots";
  EXPECT_EQ(http(cluster.port(second), "GET", "/kv/counter")["value"], "5");
}

TEST(RaftdMembership, AServerJoinsIsPromotedAndTakesTheLeaderHalfway) {
  TestCluster cluster(3, small_snapshots);
  cluster.start_all();
  fill(cluster.port(cluster.leader()), 0, 120);
  cluster.add(4);
  cluster.start(4);
  ASSERT_EQ(add(cluster, 4).status, 200U);
  EXPECT_TRUE(eventually([&] { return cluster.status(4, "learners") == "[4]"; }));
  EXPECT_EQ(summary(add(cluster, 4)), "409 already_member true");
  ASSERT_EQ(change(cluster, "POST", "/members/4/promote").status, 200U);
  EXPECT_TRUE(eventually([&] { return cluster.status(4, "voter") == "true"; }));
  EXPECT_EQ(summary(change(cluster, "POST", "/members/4/promote")), "409 not_a_learner true");
  expect_filled(cluster.port(4), 120, "follower");

  const int follower = cluster.leader() == 1 ? 2 : 1;
  ASSERT_EQ(change(cluster, "DELETE", fmt::format("/members/{}", follower)).status, 200U);
  cluster.kill(follower);
  EXPECT_EQ(summary(add(cluster, follower)), "409 retired true");
  const int leader = cluster.leader();
  ASSERT_EQ(change(cluster, "DELETE", fmt::format("/members/{}", leader)).status, 200U) << "the leader itself";
  EXPECT_TRUE(eventually([&] { return cluster.status(leader, "role") != "leader"; }));
  EXPECT_THAT(cluster.process(leader).log(), HasSubstr("this server was removed"));
  EXPECT_EQ(http(cluster.port(leader), "GET", "/kv/k0?read=local")["value"], "0");
  cluster.kill(leader);
  fill(cluster.port(4), 120, 130);
  expect_filled(cluster.port(4), 130, "linearizable");
  EXPECT_EQ(summary(change(cluster, "DELETE", "/members/9")), "404 unknown_member true");
}

TEST(RaftdMembership, OnlyTheLeaderChangesItAndSaysWhoThatIs) {
  TestCluster cluster(3);
  cluster.start_all();
  const int leader = cluster.leader();
  const Reply refused = http(cluster.port(leader % 3 + 1), "DELETE", "/members/1");
  EXPECT_EQ(summary(refused), "503 not_leader true");
  EXPECT_EQ(refused["leader"], std::to_string(leader));
}

TEST(RaftdMembership, ASingleServerGrowsToThree) {
  TestCluster cluster(1);
  cluster.start(1);
  fill(cluster.port(1), 0, 5);
  for (int id : {2, 3}) {
    cluster.add(id);
    cluster.start(id);
    ASSERT_EQ(add(cluster, id).status, 200U);
    ASSERT_EQ(change(cluster, "POST", fmt::format("/members/{}/promote", id)).status, 200U);
  }
  EXPECT_TRUE(eventually([&] { return cluster.status(3, "voters") == "[1,2,3]"; }));
  cluster.kill(1);
  expect_filled(cluster.port(2), 5, "linearizable");
}

TEST(RaftdTransfer, TheChosenServerLeadsWhenItIsAnswered) {
  TestCluster cluster(3);
  cluster.start_all();
  const int leader = cluster.leader();
  const int next = leader % 3 + 1;
  fill(cluster.port(leader), 0, 3);
  const Reply done = http(cluster.port(leader), "POST", "/leader", fmt::format(R"({{"id":{}}})", next));
  EXPECT_EQ(done.status, 200U) << done.body;
  EXPECT_EQ(done["leader"], std::to_string(next));
  EXPECT_EQ(cluster.leader(), next);
  EXPECT_EQ(summary(http(cluster.port(next), "POST", "/leader", fmt::format(R"({{"id":{}}})", next))),
            "409 leads_already true");
  const int third = next % 3 + 1 == leader ? leader % 3 + 1 : next % 3 + 1;
  const int paused = third == next ? leader : third;
  cluster.process(paused).signal(SIGSTOP);
  const Reply failed = http(cluster.port(next), "POST", "/leader", fmt::format(R"({{"id":{}}})", paused));
  EXPECT_EQ(summary(failed), "504 transfer_failed false") << failed.body;
  EXPECT_TRUE(eventually([&] { return put(cluster.port(next), "after", "it").status == 200; }));
  cluster.process(paused).signal(SIGCONT);
}

TEST(RaftdTxn, ComparesAndOperatesOnSeveralKeysAtomically) {
  TestCluster cluster(3);
  cluster.start_all();
  const int port = cluster.port(cluster.follower());
  const std::string txn =
      R"({"compare":[{"key":"a","absent":true}],"then":[{"put":{"key":"a","value":"1"}},{"put":{"key":"b","value":"2"}},)"
      R"({"get":{"key":"a"}}],"else":[{"get":{"key":"b"}}]})";
  const Reply first = http(port, "POST", "/txn", txn);
  ASSERT_EQ(first.status, 200U) << first.body;
  EXPECT_EQ(first["succeeded"], "true");
  const std::string at = first["index"];
  EXPECT_EQ(first["results"],
            fmt::format(R"([null,null,{{"value":"1","created":{0},"modified":{0},"version":1}}])", at));
  const Reply second = http(port, "POST", "/txn", txn);
  EXPECT_EQ(second["succeeded"], "false");
  EXPECT_EQ(second["results"], fmt::format(R"([{{"value":"2","created":{0},"modified":{0},"version":1}}])", at));
  EXPECT_EQ(summary(http(port, "POST", "/kv/a/add", R"({"delta":9223372036854775807})")), "409 not_a_number true");
}

TEST(RaftdReads, EveryLevelSeesWhatWasAcknowledged) {
  for (const std::vector<std::string>& flags : {std::vector<std::string>{}, {"--no-lease"}}) {
    TestCluster cluster(3, flags);
    cluster.start_all();
    cluster.leader();
    for (int n = 0; n < 5; ++n) {
      for (int id = 1; id <= 3; ++id) {
        ASSERT_EQ(put(cluster.port(id), "k", fmt::format("{}-{}", n, id)).status, 200U);
        for (const char* level : {"linearizable", "lease", "follower"}) {
          const Reply read = http(cluster.port(id % 3 + 1), "GET", fmt::format("/kv/k?read={}", level));
          EXPECT_EQ(read["value"], fmt::format("{}-{}", n, id)) << level;
        }
      }
    }
  }
}

TEST(RaftdReads, ALeaderThatWasPausedNeverAnswersByAnOldLease) {
  TestCluster cluster(3);
  cluster.start_all();
  const int paused = cluster.leader();
  const int other = cluster.follower();
  ASSERT_EQ(put(cluster.port(paused), "k", "old").status, 200U);
  ASSERT_EQ(http(cluster.port(paused), "GET", "/kv/k?read=lease")["value"], "old");
  cluster.process(paused).signal(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return put(cluster.port(other), "k", "new").status == 200; }));
  cluster.process(paused).signal(SIGCONT);
  EXPECT_NE(http(cluster.port(paused), "GET", "/kv/k?read=lease")["value"], "old");
}

}  // namespace
}  // namespace raftd::daemon
