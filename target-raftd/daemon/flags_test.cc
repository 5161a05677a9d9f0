#include "target-raftd/daemon/flags.h"

#include <gmock/gmock.h>

#include <vector>

namespace raftd::daemon {
namespace {

using ::testing::HasSubstr;

std::variant<Flags, ExitNow> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "raftd");
  return parse_flags(static_cast<int>(arguments.size()), arguments.data());
}

std::vector<const char*> good() {
  return {"--id", "1", "--cluster", "1=a:1,2=b:2", "--client-address", "c:3", "--data", "/d"};
}

TEST(Flags, BecomeTypedValuesWithDefaults) {
  const auto parsed = parse(good());
  ASSERT_TRUE(std::holds_alternative<Flags>(parsed));
  const Flags& flags = std::get<Flags>(parsed);
  EXPECT_EQ(flags.id, 1U);
  EXPECT_EQ(flags.cluster, (std::map<raft::NodeId, net::Address>{{1, {"a", 1}}, {2, {"b", 2}}}));
  EXPECT_EQ(flags.client_address, (net::Address{"c", 3}));
  EXPECT_EQ(flags.data, "/d");
  EXPECT_EQ(flags.heartbeat.count(), 50);
  EXPECT_EQ(flags.election_timeout.count(), 300);
  EXPECT_EQ(flags.deadline.count(), 5000);
  EXPECT_EQ(flags.cluster_name, "raftd");
  EXPECT_FALSE(flags.join);
  EXPECT_TRUE(flags.pre_vote && flags.check_quorum && flags.lease);
  EXPECT_EQ(flags.lease_drift, 20U);
  EXPECT_EQ(flags.snapshot_entries, 10'000U);
  EXPECT_EQ(flags.snapshot_bytes, std::uint64_t{64} << 20);
  EXPECT_EQ(flags.log_tail, 1000U);
}

TEST(Flags, SwitchTheProtocolAndSetTheSnapshots) {
  std::vector<const char*> arguments = good();
  for (const char* more : {"--no-pre-vote", "--no-check-quorum", "--join", "--snapshot-entries", "50", "--log-tail",
                           "0", "--snapshot-bytes", "512KiB", "--cluster-name", "other"}) {
    arguments.push_back(more);
  }
  const auto parsed = parse(arguments);
  ASSERT_TRUE(std::holds_alternative<Flags>(parsed)) << std::get<ExitNow>(parsed).text;
  const Flags& flags = std::get<Flags>(parsed);
  EXPECT_TRUE(flags.join);
  EXPECT_FALSE(flags.pre_vote);
  EXPECT_FALSE(flags.check_quorum);
  EXPECT_FALSE(flags.lease) << "a lease rests on CheckQuorum";
  EXPECT_EQ(flags.snapshot_entries, 50U);
  EXPECT_EQ(flags.snapshot_bytes, 512U << 10);
  EXPECT_EQ(flags.log_tail, 0U);
  EXPECT_EQ(flags.cluster_name, "other");
}

TEST(Flags, BadOnesSayWhatWouldBeRight) {
  struct Case {
    std::vector<const char*> more;  // the last of two equal flags counts
    std::string message;
  };
  const std::vector<Case> cases = {
      {{"--heartbeat", "50"}, "raftd: --heartbeat: \"50\" is not a duration; write 50ms or 5s\n"},
      {{"--heartbeat", "-5ms"}, "raftd: --heartbeat: \"-5ms\" is not a duration; write 50ms or 5s\n"},
      {{"--deadline", "0s"}, "raftd: --deadline: \"0s\" is not a duration; write 50ms or 5s\n"},
      {{"--election-timeout", "60ms"},
       "raftd: --election-timeout: 60 ms is less than two heartbeats of 50 ms; make it longer\n"},
      {{"--snapshot-bytes", "64"}, "raftd: --snapshot-bytes: \"64\" is not a size; write 512KiB, 64MiB or 1GiB\n"},
      {{"--cluster-name", ""}, "raftd: --cluster-name: a name has 1 to 128 bytes\n"},
      {{"--learners", "2,9"}, "raftd: --learners: server 9 is not in --cluster; add it there, or leave it out\n"},
      {{"--learners", "1,2"}, "raftd: --learners: nobody is left to vote; leave one server out\n"},
      {{"--nonsense"}, "raftd: The following argument was not expected: --nonsense\n"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.message);
    std::vector<const char*> arguments = good();
    arguments.insert(arguments.end(), one.more.begin(), one.more.end());
    const auto parsed = parse(arguments);
    ASSERT_TRUE(std::holds_alternative<ExitNow>(parsed));
    EXPECT_EQ(std::get<ExitNow>(parsed).code, 2);
    EXPECT_EQ(std::get<ExitNow>(parsed).text, one.message + "raftd --help shows every flag.\n");
  }
}

TEST(Flags, BadClustersSayWhatWouldBeRight) {
  struct Case {
    const char* id;
    const char* cluster;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"1", "1=a", "raftd: --cluster: \"a\" is not an address; write HOST:PORT\n"},
      {"1", "a:1", "raftd: --cluster: \"a:1\" is not a server; write ID=HOST:PORT with an ID from 1\n"},
      {"1", "0=a:1", "raftd: --cluster: \"0=a:1\" is not a server; write ID=HOST:PORT with an ID from 1\n"},
      {"1", "1=a:1,", "raftd: --cluster: \"\" is not a server; write ID=HOST:PORT with an ID from 1\n"},
      {"1", "1=a:1,1=b:2", "raftd: --cluster: server 1 stands there twice; give every server its own id\n"},
      {"3", "1=a:1,2=b:2", "raftd: --id: server 3 is not in --cluster; add it there, or correct the id\n"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.message);
    const auto parsed = parse({"--id", one.id, "--cluster", one.cluster, "--client-address", "c:3", "--data", "/d"});
    ASSERT_TRUE(std::holds_alternative<ExitNow>(parsed));
    EXPECT_EQ(std::get<ExitNow>(parsed).code, 2);
    EXPECT_EQ(std::get<ExitNow>(parsed).text, one.message + "raftd --help shows every flag.\n");
  }
}

TEST(Flags, HelpHasAnExampleAndVersionAVersion) {
  const auto help = std::get<ExitNow>(parse({"--help"}));
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.text, HasSubstr("raftd --id 1 --cluster 1=127.0.0.1:7101"));
  const auto version = std::get<ExitNow>(parse({"--version"}));
  EXPECT_EQ(version.code, 0);
  EXPECT_EQ(version.text, "raftd " RAFTD_VERSION "\n");
}

}  // namespace
}  // namespace raftd::daemon
