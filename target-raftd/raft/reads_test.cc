// The rules of linearizable reads: Ongaro's dissertation, §6.4.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "target-raftd/raft/testing/one_server.h"

namespace raftd::raft {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Leads three servers, with its no-op (index 1) committed, and no message unanswered.
OneServer settled_leader() {
  OneServer server(3);
  server.lead();
  server.accept(2, 1);
  server.accept(3, 1);
  return server;
}

Round round_of(const Effects& effects) {
  return sent<AppendEntries>(effects, 2).at(0).round;
}

TEST(Read, IsReadyOnlyAfterAMajorityAnsweredARoundThatBeganAfterIt) {
  OneServer server = settled_leader();
  const Effects asked = server.read(7);
  EXPECT_THAT(asked.ready_reads, IsEmpty());
  const Round round = round_of(asked);
  EXPECT_THAT(server.accept(2, 1, round - 1).ready_reads, IsEmpty()) << "an answer to an earlier round proves nothing";
  EXPECT_THAT(server.accept(2, 1, round).ready_reads, ElementsAre(ReadyRead{.read = 7, .read_index = 1}));
}

TEST(Read, ARefusedAppendEntriesConfirmsLeadershipAsWell) {
  OneServer server = settled_leader();
  const Round round = round_of(server.read(7));
  const Effects effects =
      server.step(2, AppendEntriesReply{.term = 1, .success = false, .match_index = 1, .round = round});
  EXPECT_THAT(effects.ready_reads, SizeIs(1));
}

TEST(Read, NeedsAMajorityAndNotOnlyOneAnswer) {
  OneServer server(5);
  server.lead();
  server.accept(2, 1);
  server.accept(3, 1);
  const Round round = round_of(server.read(7));
  EXPECT_THAT(server.accept(2, 1, round).ready_reads, IsEmpty());
  EXPECT_THAT(server.accept(2, 1, round).ready_reads, IsEmpty()) << "the same server again";
  EXPECT_THAT(server.accept(3, 1, round).ready_reads, SizeIs(1));
}

TEST(Read, WaitsUntilTheLeaderHasCommittedAnEntryOfItsOwnTerm) {
  OneServer server(3, {1});
  const Round announced = round_of(server.lead());
  server.read(7);
  EXPECT_THAT(server.accept(2, 1, announced).ready_reads, IsEmpty()) << "leads for certain, but knows no commit index";
  const Round round = round_of(server.accept(2, 2));  // the no-op is committed; a round begins at once
  EXPECT_GT(round, announced);
  EXPECT_THAT(server.accept(2, 2, round).ready_reads, ElementsAre(ReadyRead{.read = 7, .read_index = 2}));
}

TEST(Read, SeesEverythingCommittedBeforeItBegan) {
  OneServer server = settled_leader();
  server.propose("x");
  server.accept(2, 2);
  const Round round = round_of(server.read(7));
  EXPECT_THAT(server.accept(2, 2, round).ready_reads, ElementsAre(ReadyRead{.read = 7, .read_index = 2}));
}

TEST(Read, ManyShareARoundAndThoseThatComeMeanwhileShareTheNext) {
  OneServer server = settled_leader();
  const Round first = round_of(server.read(1));
  EXPECT_THAT(server.read(2).messages_at_once, IsEmpty());
  EXPECT_THAT(server.read(3).messages_at_once, IsEmpty());
  const Effects confirmed = server.accept(2, 1, first);
  EXPECT_THAT(confirmed.ready_reads, ElementsAre(ReadyRead{.read = 1, .read_index = 1}));
  EXPECT_THAT(server.accept(2, 1, round_of(confirmed)).ready_reads, SizeIs(2));
}

TEST(Read, ALostRoundIsFollowedByTheNextHeartbeat) {
  OneServer server = settled_leader();
  server.read(7);  // its round is lost
  const Round round = round_of(server.tick());
  EXPECT_THAT(server.accept(2, 1, round).ready_reads, SizeIs(1));
}

TEST(Read, IsRefusedWhenLeadershipIsLost) {
  OneServer server = settled_leader();
  server.read(7);
  server.step(3, ReadIndexRequest{.term = 1, .read = 8});
  const Effects effects = server.step(2, RequestVote{.term = 2, .last_log = {}});
  EXPECT_THAT(effects.refused_reads, ElementsAre(7));
  EXPECT_THAT(sent<ReadIndexReply>(effects, 3), ElementsAre(ReadIndexReply{.term = 2, .read = 8, .success = false}));
}

TEST(Read, OnAFollowerAsksTheLeader) {
  OneServer server(3);
  server.step(2, AppendEntries{.term = 1});
  EXPECT_THAT(server.read(7).messages, ElementsAre(Envelope{2, ReadIndexRequest{.term = 1, .read = 7}}));
  EXPECT_THAT(server.step(2, ReadIndexReply{.term = 1, .read = 7, .success = true, .read_index = 4}).ready_reads,
              ElementsAre(ReadyRead{.read = 7, .read_index = 4}));
  EXPECT_THAT(server.step(2, ReadIndexReply{.term = 1, .read = 8}).refused_reads, ElementsAre(8));
}

TEST(Read, IsRefusedAtOnceWhereNoLeaderIsKnown) {
  OneServer follower(3);
  EXPECT_THAT(follower.read(7).refused_reads, ElementsAre(7));
  OneServer candidate(3);
  candidate.campaign();
  EXPECT_THAT(candidate.read(7).refused_reads, ElementsAre(7));
}

TEST(Read, ForwardedToAServerThatDoesNotLeadIsRefused) {
  OneServer server(3);
  server.step(3, AppendEntries{.term = 1});
  EXPECT_THAT(sent<ReadIndexReply>(server.step(2, ReadIndexRequest{.term = 1, .read = 7}), 2),
              ElementsAre(ReadIndexReply{.term = 1, .read = 7, .success = false}));
}

TEST(Read, ForwardedToTheLeaderTakesTheSameWayAsItsOwn) {
  OneServer server = settled_leader();
  const Round round = round_of(server.step(3, ReadIndexRequest{.term = 1, .read = 7}));
  EXPECT_THAT(sent<ReadIndexReply>(server.accept(2, 1, round), 3),
              ElementsAre(ReadIndexReply{.term = 1, .read = 7, .success = true, .read_index = 1}));
}

TEST(Read, OnTheOnlyServerOfAClusterIsReadyAtOnce) {
  OneServer server(1);
  server.campaign();
  EXPECT_THAT(server.read(7).ready_reads, ElementsAre(ReadyRead{.read = 7, .read_index = 1}));
}

}  // namespace
}  // namespace raftd::raft
