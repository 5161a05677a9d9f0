// Real processes on loopback: what raftd promises to those who run it and to its clients.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include "target-raftd/daemon/testing/raftd_process.h"

namespace raftd::daemon {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

Reply put(int port, const std::string& key, const std::string& value, const Headers& headers = {}) {
  return http(port, "PUT", "/kv/" + key, fmt::format(R"({{"value":"{}"}})", value), headers);
}

Reply get(int port, const std::string& key) {
  return http(port, "GET", "/kv/" + key);
}

// Until a write gets through: a cluster may just be electing.
Reply put_until_done(int port, const std::string& key, const std::string& value, const Headers& headers = {}) {
  Reply reply;
  eventually([&] {
    reply = put(port, key, value, headers);
    return reply.status == 200;
  });
  return reply;
}

TEST(Raftd, EveryNodeServesEveryRequest) {
  TestCluster cluster(3);
  cluster.start_all();
  cluster.leader();
  for (int id = 1; id <= 3; ++id) {
    SCOPED_TRACE(id);
    const int port = cluster.port(id);
    const Reply written = put(port, "k", "1");
    EXPECT_EQ(written.status, 200U) << written.body;
    for (int other = 1; other <= 3; ++other) {
      const Reply read = get(cluster.port(other), "k");
      EXPECT_EQ(read["key"] + " " + read["value"] + " " + read["index"], "k 1 " + written["index"]);
    }
    EXPECT_EQ(http(port, "POST", "/kv/k/cas", R"({"expected":"1","value":"2"})").status, 200U);
    const Reply mismatch = http(port, "POST", "/kv/k/cas", R"({"expected":"1","value":"3"})");
    EXPECT_EQ(mismatch.status, 409U);
    EXPECT_EQ(mismatch["code"] + " " + mismatch["definite"] + " " + mismatch["actual"], "mismatch true 2");
    EXPECT_EQ(http(port, "DELETE", "/kv/k").status, 200U);
    const Reply absent = get(port, "k");
    EXPECT_EQ(absent.status, 404U);
    EXPECT_EQ(absent["code"] + " " + absent["key"] + " " + absent["definite"], "not_found k true");
    EXPECT_EQ(http(port, "POST", "/kv/k/cas", R"({"expected":null,"value":"first"})").status, 200U);
  }
}

TEST(Raftd, KeysAndValuesComeBackUnchanged) {
  TestCluster cluster(1);
  cluster.start_all();
  cluster.leader();
  const std::string body = R"({"value":"line\nquote\" \u0000 \u00e4 \ud83d\ude00"})";
  ASSERT_EQ(http(cluster.port(1), "PUT", "/kv/a%2Fb%20%C3%A4", body).status, 200U);
  const Reply read = http(cluster.port(1), "GET", "/kv/a%2Fb%20%C3%A4");
  EXPECT_EQ(read["key"], "a/b \xc3\xa4");
  EXPECT_EQ(read["value"], std::string("line\nquote\" \0 \xc3\xa4 \xf0\x9f\x98\x80", 21));
}

TEST(Raftd, ARetryGetsTheFirstResultAndIsAppliedOnceAlsoAfterALeaderChangeAndRestarts) {
  TestCluster cluster(3);
  cluster.start_all();
  const int first_leader = cluster.leader();
  const Headers retry = {{"Session", "client-1"}, {"Serial", "1"}};
  const Reply first = put(cluster.port(cluster.follower()), "k", "mine", retry);
  ASSERT_EQ(first.status, 200U) << first.body;
  EXPECT_EQ(put(cluster.port(first_leader), "k", "mine", retry).body, first.body);
  ASSERT_EQ(put(cluster.port(first_leader), "k", "someone else's").status, 200U);

  cluster.kill(first_leader);
  const int second_leader = cluster.leader();
  EXPECT_EQ(put_until_done(cluster.port(second_leader), "k", "mine", retry).body, first.body);
  cluster.start(first_leader);
  for (int id = 1; id <= 3; ++id) {
    SCOPED_TRACE(id);
    EXPECT_TRUE(eventually([&] { return get(cluster.port(id), "k")["value"] == "someone else's"; }));
  }
  for (int id = 1; id <= 3; ++id) cluster.kill(id);
  cluster.start_all();
  cluster.leader();
  EXPECT_EQ(put_until_done(cluster.port(1), "k", "mine", retry).body, first.body);
  EXPECT_EQ(get(cluster.port(1), "k")["value"], "someone else's");
  const Reply stale = put(cluster.port(2), "k", "x", {{"Session", "nobody"}, {"Serial", "7"}});
  EXPECT_EQ(fmt::format("{} {}", stale.status, stale["code"]), "409 unknown_session");
}

TEST(Raftd, NoAcknowledgedWriteIsLostWhenServersAreKilledUnderLoad) {
  TestCluster cluster(3);
  cluster.start_all();
  cluster.leader();
  std::atomic<bool> stop = false;
  std::vector<std::vector<std::string>> acknowledged(4);
  std::vector<std::thread> clients;
  for (std::size_t client = 0; client < acknowledged.size(); ++client) {
    clients.emplace_back([&, client] {
      for (int n = 0; !stop; ++n) {
        const std::string key = fmt::format("{}-{}", client, n);
        if (put(cluster.port(1 + static_cast<int>(client) % 3), key, key).status == 200) {
          acknowledged[client].push_back(key);
        }
      }
    });
  }
  const auto progress = [&](int id) {
    const std::string before = cluster.status(id, "commit_index");
    return eventually([&] { return cluster.status(id, "commit_index") != before; });
  };
  for (int round = 0; round < 3; ++round) {
    const int killed = cluster.leader();
    cluster.kill(killed);
    cluster.leader();
    cluster.start(killed);
    cluster.leader();
    EXPECT_TRUE(progress(killed));
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  for (int id = 1; id <= 3; ++id) cluster.kill(id);
  cluster.start_all();
  cluster.leader();
  std::size_t count = 0;
  for (const auto& keys : acknowledged) {
    for (const std::string& key : keys) {
      ASSERT_EQ(get(cluster.port(1 + static_cast<int>(count++ % 3)), key)["value"], key);
    }
  }
  EXPECT_GT(count, 0U);
}

TEST(Raftd, EqualAppliedIndexesMeanEqualStateHashes) {
  TestCluster cluster(3);
  cluster.start_all();
  cluster.leader();
  for (int n = 0; n < 20; ++n) put(cluster.port(1 + n % 3), std::to_string(n % 5), std::to_string(n));
  EXPECT_TRUE(eventually([&] {
    const Reply one = http(cluster.port(1), "GET", "/status");
    const Reply two = http(cluster.port(2), "GET", "/status");
    const Reply three = http(cluster.port(3), "GET", "/status");
    return one["applied_index"] == two["applied_index"] && two["applied_index"] == three["applied_index"] &&
           one["state_hash"] == two["state_hash"] && two["state_hash"] == three["state_hash"];
  }));
}

TEST(Raftd, WithoutAMajorityNothingIsPromised) {
  TestCluster cluster(3, {"--deadline", "1s"});
  cluster.start_all();
  const int leader = cluster.leader();
  ASSERT_EQ(put(cluster.port(leader), "k", "old").status, 200U);
  for (int id = 1; id <= 3; ++id) {
    if (id != leader) cluster.kill(id);
  }
  const Reply write = put(cluster.port(leader), "k", "new");
  EXPECT_EQ(fmt::format("{} {} {}", write.status, write["code"], write["definite"]), "504 timeout false");
  const Reply read = get(cluster.port(leader), "k");
  EXPECT_EQ(fmt::format("{} {} {}", read.status, read["code"], read["definite"]), "503 no_leader true")
      << "a leader that hears from no majority steps down";
  EXPECT_EQ(http(cluster.port(leader), "GET", "/kv/k?read=local")["value"], "old");

  const int alone = leader % 3 + 1;
  cluster.kill(leader);
  cluster.start(alone);
  ASSERT_TRUE(eventually([&] { return !cluster.status(alone, "role").empty(); }));
  const Reply refused = put(cluster.port(alone), "k", "new");
  EXPECT_EQ(fmt::format("{} {} {}", refused.status, refused["code"], refused["definite"]), "503 no_leader true");
}

TEST(Raftd, APausedLeaderThatWakesUpNeverAnswersFromOldState) {
  TestCluster cluster(3);
  cluster.start_all();
  const int paused = cluster.leader();
  const int other = cluster.follower();
  ASSERT_EQ(put(cluster.port(paused), "k", "old").status, 200U);
  cluster.process(paused).signal(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return put(cluster.port(other), "k", "new").status == 200; }));
  std::vector<Reply> reads(8);
  std::vector<std::thread> clients;
  for (Reply& reply : reads) clients.emplace_back([&] { reply = get(cluster.port(paused), "k"); });
  cluster.process(paused).signal(SIGCONT);
  for (std::thread& client : clients) client.join();
  for (const Reply& reply : reads) EXPECT_NE(reply["value"], "old");
  EXPECT_TRUE(eventually([&] { return get(cluster.port(paused), "k")["value"] == "new"; }));
}

TEST(Raftd, AFullDiskEndsTheServerAndRoomLetsItStartAgain) {
  TestCluster cluster(1);
  cluster.start(1, {.file_size = 1'500'000});
  cluster.leader();
  int acknowledged = 0;
  while (put(cluster.port(1), std::to_string(acknowledged), std::string(50'000, 'x')).status == 200) ++acknowledged;
  EXPECT_GT(acknowledged, 0);
  EXPECT_EQ(cluster.process(1).wait(), 1);
  EXPECT_THAT(cluster.process(1).last_line(), HasSubstr("critical exit: the disk failed: cannot write to"));
  EXPECT_THAT(cluster.process(1).last_line(), EndsWith("then start raftd again"));

  cluster.start(1);
  cluster.leader();
  for (int n = 0; n < acknowledged; ++n) {
    EXPECT_EQ(get(cluster.port(1), std::to_string(n))["value"], std::string(50'000, 'x'));
  }
  EXPECT_EQ(put(cluster.port(1), "more", "room").status, 200U);
}

TEST(Raftd, ADamagedLogIsRefusedWithPlaceAndCure) {
  TestCluster cluster(1);
  cluster.start(1);
  cluster.leader();
  for (int n = 0; n < 5; ++n) put(cluster.port(1), "k", std::to_string(n));
  cluster.kill(1);
  const std::filesystem::path log = cluster.data(1) / "wal-00000001.log";
  std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(120);
  file.put('\x7f');
  file.close();
  cluster.start(1);
  EXPECT_EQ(cluster.process(1).wait(), 1);
  EXPECT_THAT(cluster.process(1).last_line(),
              HasSubstr("critical exit: corrupt log: " + log.string() + " at offset 81"));
}

TEST(Raftd, ADataFolderOpenedTwiceIsRefused) {
  TestCluster cluster(1);
  cluster.start(1);
  cluster.leader();
  Process second(cluster.command(1), cluster.data(1) / "second.log");
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.last_line(), HasSubstr("is in use by another raftd; stop that one first"));
}

TEST(Raftd, APortInUseIsNamedWithItsCure) {
  TestCluster cluster(1);
  cluster.start(1);
  cluster.leader();
  for (const std::string flag : {"--cluster", "--client-address"}) {
    SCOPED_TRACE(flag);
    TestCluster other(1);
    std::vector<std::string> arguments = other.command(1);
    const auto value = std::find(arguments.begin(), arguments.end(), flag) + 1;
    const int port = flag == "--cluster" ? cluster.peer_port(1) : cluster.port(1);
    *value = fmt::format("{}127.0.0.1:{}", flag == "--cluster" ? "1=" : "", port);
    Process process(arguments, cluster.data(1) / "other.log");
    EXPECT_EQ(process.wait(), 1);
    EXPECT_THAT(process.last_line(), HasSubstr(fmt::format("cannot listen on 127.0.0.1:{}: Address already in use; "
                                                           "stop the program that listens there",
                                                           port)));
  }
}

TEST(Raftd, AServerOfAnotherClusterNameIsRefused) {
  TestCluster cluster(3);
  cluster.start(1);
  cluster.start(2);
  cluster.leader();
  cluster.start(3, {}, {"--cluster-name", "other"});
  EXPECT_TRUE(eventually([&] {
    return cluster.process(3).log().find("it belongs to a cluster of another name") != std::string::npos;
  })) << cluster.process(3).log();
  EXPECT_EQ(cluster.status(3, "leader"), "null");
  EXPECT_EQ(put_until_done(cluster.port(1), "k", "v").status, 200U);
  EXPECT_EQ(cluster.status(3, "commit_index"), "0");
  cluster.kill(3);
  cluster.start(3);
  EXPECT_EQ(cluster.process(3).wait(), 1) << "its data folder belongs to the other cluster";
  EXPECT_THAT(cluster.process(3).last_line(), HasSubstr("belongs to the cluster \"other\", not to \"raftd\""));
}

TEST(Raftd, SigtermEndsItWithZeroAndALastLine) {
  TestCluster cluster(3);
  cluster.start_all();
  cluster.leader();
  for (int id = 1; id <= 3; ++id) {
    cluster.process(id).signal(SIGTERM);
    EXPECT_EQ(cluster.process(id).wait(), 0);
    EXPECT_THAT(cluster.process(id).last_line(), EndsWith("info exit: SIGTERM"));
  }
}

TEST(Raftd, AFloodOfConnectionsIsRefusedAndTheClusterGoesOn) {
  TestCluster cluster(3);
  for (int id = 1; id <= 3; ++id) cluster.start(id, {.descriptors = 200});
  const int leader = cluster.leader();
  std::vector<IdleConnection> flood(300);
  for (IdleConnection& connection : flood) connection.open(cluster.port(leader));
  Reply refused;
  EXPECT_TRUE(eventually([&] { return (refused = http(cluster.port(leader), "GET", "/status")).status == 503; }));
  EXPECT_EQ(refused["code"] + " " + refused["definite"], "overloaded true");
  EXPECT_EQ(put_until_done(cluster.port(leader % 3 + 1), "k", "through another node").status, 200U);
  flood.clear();
  EXPECT_EQ(put_until_done(cluster.port(leader), "k", "again").status, 200U);
}

TEST(Raftd, BadHttpIsAnsweredAndTheNextClientIsServed) {
  TestCluster cluster(1);
  cluster.start(1);
  cluster.leader();
  struct Case {
    std::string bytes;
    std::string begins;
  };
  const std::vector<Case> cases = {
      {"\x16\x03\x01 garbage\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /status HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "HTTP/1.1 431 "},
      {"PUT /kv/k HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "HTTP/1.1 413 "},
      {"PUT /kv/k HTTP/1.1\r\nContent-Length: banana\r\n\r\n", "HTTP/1.1 400 "},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.begins);
    const std::string answer = send_raw(cluster.port(1), one.bytes);
    EXPECT_EQ(answer.substr(0, one.begins.size()), one.begins);
    EXPECT_THAT(answer, HasSubstr(R"("definite":true)"));
  }
  EXPECT_EQ(send_raw(cluster.peer_port(1), "GET / HTTP/1.1\r\n\r\n"), "");
  EXPECT_EQ(put(cluster.port(1), "k", std::string(1 << 20, 'v')).status, 200U);
  EXPECT_EQ(get(cluster.port(1), "k")["value"].size(), 1U << 20);
}

}  // namespace
}  // namespace raftd::daemon
