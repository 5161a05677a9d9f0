// Reads under a leader lease (dissertation §6.4.1).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "target-raftd/raft/testing/one_server.h"

namespace raftd::raft {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Config leased{.id = 1, .pre_vote = false, .lease = milliseconds(240)};

// Leads three servers at time 0, its no-op is committed, and round 1, which began at 0, is answered.
OneServer leader(Config config = leased) {
  OneServer server(config, 3);
  server.lead();
  server.accept(2, 1, 1);
  return server;
}

TEST(Lease, AnswersAtOnceUntilItEndsAndAsksThen) {
  OneServer server = leader();
  server.clock(milliseconds(239));
  EXPECT_THAT(server.read(1, ReadMode::lease).ready_reads, ElementsAre(ReadyRead{1, 1}));
  server.clock(milliseconds(240));
  const Effects effects = server.read(2, ReadMode::lease);
  EXPECT_THAT(effects.ready_reads, IsEmpty());
  EXPECT_THAT(sent<AppendEntries>(effects), SizeIs(2)) << "a round";
  EXPECT_THAT(server.accept(3, 1, 2).ready_reads, ElementsAre(ReadyRead{2, 1}));
}

TEST(Lease, CountsFromWhenTheRoundBeganNotFromTheAnswer) {
  OneServer server = leader();
  server.clock(milliseconds(100));
  server.tick();  // round 2
  server.clock(milliseconds(339));
  server.accept(2, 1, 2);
  EXPECT_THAT(server.read(1, ReadMode::lease).ready_reads, SizeIs(1));
  server.clock(milliseconds(340));
  EXPECT_THAT(server.read(2, ReadMode::lease).ready_reads, IsEmpty());
}

TEST(Lease, IsNotRenewedByAMinority) {
  OneServer server(leased, 5);
  server.lead();
  server.accept(2, 1, 1);
  EXPECT_THAT(server.read(1, ReadMode::lease).ready_reads, IsEmpty());
}

TEST(Lease, GivesNothingBeforeTheLeaderKnowsWhatIsCommitted) {
  OneServer server(leased, 3, {1});
  server.lead();
  server.accept(2, 1, 1);  // not its own no-op, at index 2
  EXPECT_THAT(server.read(1, ReadMode::lease).ready_reads, IsEmpty());
  EXPECT_THAT(server.accept(2, 2, 1).ready_reads, ElementsAre(ReadyRead{1, 2}));
}

// The successor's election does not wait until the followers have stopped hearing from this leader (tikv#1593).
TEST(Lease, IsForfeitedForTheRestOfTheTermOnceASuccessorWasAsked) {
  OneServer server = leader();
  ASSERT_EQ(server.raft().transfer(2), std::nullopt);
  EXPECT_THAT(sent<TimeoutNow>(server.tick()), SizeIs(1));
  EXPECT_THAT(server.read(1, ReadMode::lease).ready_reads, IsEmpty());
  for (int i = 0; i < 20; ++i) {  // the transfer fails, and the leader goes on
    server.tick();
    server.accept(2, 1, 2);
    server.accept(3, 1, 2);
  }
  ASSERT_EQ(server.status().handing_over_to, std::nullopt);
  EXPECT_THAT(server.read(2, ReadMode::lease).ready_reads, IsEmpty()) << "the TimeoutNow may still be on its way";
}

TEST(Lease, SwitchedOffAsksEachTime) {
  OneServer server = leader({.id = 1, .pre_vote = false});
  EXPECT_THAT(server.read(1, ReadMode::lease).ready_reads, IsEmpty());
}

TEST(Lease, AlsoAnswersAFollowerThatAsks) {
  OneServer server = leader();
  const auto replies = sent<ReadIndexReply>(server.step(2, ReadIndexRequest{.term = 1, .read = 7, .lease = true}));
  EXPECT_THAT(replies, ElementsAre(ReadIndexReply{.term = 1, .read = 7, .success = true, .read_index = 1}));
}

}  // namespace
}  // namespace raftd::raft
