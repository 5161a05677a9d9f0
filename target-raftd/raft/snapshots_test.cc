// Compaction and InstallSnapshot (§7, Figure 13).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "target-raftd/raft/testing/one_server.h"

namespace raftd::raft {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Snapshot snapshot(LogPosition position, std::string data, Configuration configuration = configuration_of({1, 2, 3})) {
  return {.meta = {.position = position, .configuration = std::move(configuration), .checksum = data.size()},
          .data = std::make_shared<const std::string>(data)};
}

InstallSnapshot piece(const Snapshot& whole, std::uint64_t offset, std::size_t size, Round round = 1, Term term = 2) {
  return {.term = term,
          .snapshot = whole.meta,
          .size = whole.data->size(),
          .offset = offset,
          .bytes = whole.data->substr(offset, size),
          .round = round};
}

InstallSnapshotReply has(const Snapshot& whole, std::uint64_t bytes, Round round, Term term = 1) {
  return {.term = term,
          .position = whole.meta.position,
          .checksum = whole.meta.checksum,
          .next_offset = bytes,
          .installed = false,
          .round = round};
}

// Leads in term 1 with entries 1..5 committed by server 2, has a snapshot "abcdef" up to 4, and its log begins at 4.
// Server 3 has never answered. Pieces have 4 bytes.
struct Leading {
  Leading() {
    server.lead();
    server.accept(2, 1);
    for (const char* command : {"a", "b", "c", "d"}) {
      server.propose(command);
    }
    server.accept(2, 5);
    server.raft().compacted(whole, 3);
  }
  Config config{.id = 1, .snapshot_chunk_bytes = 4, .pre_vote = false, .check_quorum = false};
  OneServer server{config, 3};
  Snapshot whole = snapshot({1, 4}, "abcdef");
};

TEST(Compaction, GivesUpWhatTheSnapshotCoversAndKeepsATail) {
  Leading leading;
  EXPECT_EQ(leading.server.status().log_base, (LogPosition{1, 3}));
  EXPECT_EQ(leading.server.status().snapshot, (LogPosition{1, 4}));
  EXPECT_THAT(leading.server.raft().log(), SizeIs(2));
  EXPECT_EQ(leading.server.status().last_log, (LogPosition{1, 5}));
}

TEST(Compaction, NeverGivesUpWhatIsNotDurableYet) {
  OneServer server(3);
  server.lead();
  server.accept(2, 1);
  server.slow_disk();
  server.propose("x");
  server.accept(2, 2);
  server.accept(3, 2);
  ASSERT_EQ(server.status().commit_index, 2U);
  server.raft().compacted(snapshot({1, 2}, "ab"), 2);
  EXPECT_EQ(server.status().log_base, (LogPosition{1, 1}));
}

TEST(Compaction, AnOlderSnapshotThanTheNewestIsIgnored) {
  Leading leading;
  leading.server.raft().compacted(snapshot({1, 3}, "older"), 5);
  EXPECT_EQ(leading.server.status().snapshot, (LogPosition{1, 4}));
}

TEST(Compaction, ASnapshotCarriesTheConfigurationOfItsPosition) {
  OneServer server(3);
  server.lead();
  server.accept(2, 1);
  server.raft().change(AddLearner{.server = 4});
  server.tick();
  server.accept(2, 2);
  EXPECT_EQ(server.raft().snapshot_meta(1).configuration, configuration_of({1, 2, 3}));
  EXPECT_TRUE(server.raft().snapshot_meta(2).configuration.contains(4));
}

TEST(Sending, AFollowerBehindTheLogGetsTheSnapshotPieceByPiece) {
  Leading leading;
  OneServer& server = leading.server;
  auto pieces = sent<InstallSnapshot>(server.tick(), 3);
  ASSERT_THAT(pieces, SizeIs(1));
  EXPECT_EQ(pieces[0].bytes, "abcd");
  EXPECT_EQ(pieces[0].size, 6U);
  pieces = sent<InstallSnapshot>(server.step(3, has(leading.whole, 4, pieces[0].round)), 3);
  ASSERT_THAT(pieces, SizeIs(1));
  EXPECT_EQ(pieces[0].offset, 4U);
  EXPECT_EQ(pieces[0].bytes, "ef");

  InstallSnapshotReply done = has(leading.whole, 6, pieces[0].round);
  done.installed = true;
  const auto appends = sent<AppendEntries>(server.step(3, done), 3);
  ASSERT_THAT(appends, SizeIs(1));
  EXPECT_EQ(appends[0].prev_log, (LogPosition{1, 4}));
  EXPECT_THAT(appends[0].entries, SizeIs(1));
  EXPECT_EQ(server.status().snapshots_sent, 1U);
}

// Sending to server 3 is at its first piece.
struct SendingFirstPiece : Leading {
  SendingFirstPiece() { round = sent<InstallSnapshot>(server.tick(), 3).at(0).round; }
  Round round = 0;
};

TEST(Sending, AHeartbeatAsksWithoutBytesAndALostPieceIsSentAgain) {
  SendingFirstPiece sending;
  const auto heartbeat = sent<InstallSnapshot>(sending.server.tick(), 3);
  ASSERT_THAT(heartbeat, SizeIs(1));
  EXPECT_EQ(heartbeat[0].bytes, "");
  const auto again = sent<InstallSnapshot>(sending.server.step(3, has(sending.whole, 0, heartbeat[0].round)), 3);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].bytes, "abcd");
}

TEST(Sending, AnAnswerToAQuestionFromBeforeThePieceSaysNothingAboutIt) {
  SendingFirstPiece sending;
  EXPECT_THAT(sent<InstallSnapshot>(sending.server.step(3, has(sending.whole, 0, sending.round)), 3), IsEmpty());
}

TEST(Sending, GoesOnWhereTheFollowerStopped) {
  SendingFirstPiece sending;
  const auto heartbeat = sent<InstallSnapshot>(sending.server.tick(), 3);
  const auto next = sent<InstallSnapshot>(sending.server.step(3, has(sending.whole, 4, heartbeat.at(0).round)), 3);
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_EQ(next[0].offset, 4U) << "a follower that had four bytes of it from an earlier leader";
}

TEST(Receiving, TheLastPieceReplacesStateAndLog) {
  OneServer server(3, {1, 1}, {.current_term = 2});
  const Snapshot whole = snapshot({2, 9}, "abcdef", configuration_of({1, 2, 4}));
  Effects effects = server.step(2, piece(whole, 0, 4));
  EXPECT_THAT(sent<InstallSnapshotReply>(effects), ElementsAre(has(whole, 4, 1, 2)));
  EXPECT_FALSE(effects.install);
  effects = server.step(2, piece(whole, 4, 4));
  ASSERT_TRUE(effects.install);
  EXPECT_EQ(*effects.install->data, "abcdef");
  EXPECT_EQ(effects.install->meta, whole.meta);
  EXPECT_TRUE(sent<InstallSnapshotReply>(effects).at(0).installed);
  EXPECT_EQ(server.status().commit_index, 9U);
  EXPECT_EQ(server.status().last_log, (LogPosition{2, 9}));
  EXPECT_EQ(server.raft().configuration(), configuration_of({1, 2, 4}));
  EXPECT_THAT(effects.committed, IsEmpty()) << "what the snapshot covers is never applied";
  const auto reply = sent<AppendEntriesReply>(
      server.step(2, AppendEntries{.term = 2, .prev_log = {2, 9}, .entries = entries({2}, 10), .leader_commit = 10}));
  EXPECT_EQ(reply.at(0).match_index, 10U);
  EXPECT_EQ(server.status().commit_index, 10U);
}

TEST(Receiving, EntriesBehindTheSnapshotStayIfTheLogAgreesWithIt) {
  OneServer server(3, {1, 1, 1}, {.current_term = 2});
  const Effects agrees = server.step(2, piece(snapshot({1, 2}, "ab"), 0, 2));
  EXPECT_EQ(server.status().last_log, (LogPosition{1, 3}));
  EXPECT_EQ(agrees.entries, entries({1}, 3)) << "saved again, since the whole stored log is dropped";

  OneServer other(3, {1, 1, 1}, {.current_term = 2});
  const Effects conflicts = other.step(2, piece(snapshot({2, 2}, "ab"), 0, 2));
  EXPECT_EQ(other.status().last_log, (LogPosition{2, 2}));
  EXPECT_THAT(conflicts.entries, IsEmpty());
}

TEST(Receiving, PiecesOfTwoSnapshotsAreNeverMixed) {
  OneServer server(3, {}, {.current_term = 2});
  server.step(2, piece(snapshot({2, 9}, "abcdef"), 0, 4));
  const Snapshot other = snapshot({2, 9}, "ABCDEFG");  // of another leader, with other bytes
  const Effects effects = server.step(3, piece(other, 4, 3, 1, 3));
  EXPECT_FALSE(effects.install);
  EXPECT_EQ(sent<InstallSnapshotReply>(effects).at(0).next_offset, 0U);
}

TEST(Receiving, RepeatedAndReorderedPiecesDoNoHarm) {
  OneServer server(3, {}, {.current_term = 2});
  const Snapshot whole = snapshot({2, 9}, "abcdef");
  server.step(2, piece(whole, 0, 4));
  EXPECT_EQ(sent<InstallSnapshotReply>(server.step(2, piece(whole, 0, 4))).at(0).next_offset, 4U);
  EXPECT_EQ(sent<InstallSnapshotReply>(server.step(2, piece(whole, 5, 1))).at(0).next_offset, 4U);
  EXPECT_EQ(*server.step(2, piece(whole, 4, 2)).install->data, "abcdef");
}

TEST(Receiving, ASnapshotNeverTakesBackWhatIsCommittedHere) {
  OneServer server(3, {1, 1, 1}, {.current_term = 2});
  server.step(2, AppendEntries{.term = 2, .prev_log = {1, 3}, .leader_commit = 3});
  const Effects effects = server.step(2, piece(snapshot({1, 2}, "ab"), 0, 2));
  EXPECT_FALSE(effects.install);
  EXPECT_TRUE(sent<InstallSnapshotReply>(effects).at(0).installed);
  EXPECT_EQ(server.status().last_log.index, 3U);
}

TEST(Receiving, ALeaderOfThePastIsToldTheTerm) {
  OneServer server(3, {1}, {.current_term = 5});
  const Effects effects = server.step(2, piece(snapshot({2, 9}, "ab"), 0, 2));
  EXPECT_FALSE(effects.install);
  EXPECT_EQ(sent<InstallSnapshotReply>(effects).at(0).term, 5U);
}

TEST(Receiving, EntriesThatTheSnapshotCoversAreTakenForGranted) {
  OneServer server(3, {}, {.current_term = 2});
  server.step(2, piece(snapshot({2, 3}, "ab"), 0, 2));
  // A message from before the snapshot, repeated by the network: entries 2 to 5 after entry 1.
  const Effects effects =
      server.step(2, AppendEntries{.term = 2, .prev_log = {1, 1}, .entries = entries({1, 2, 2, 2}, 2)});
  EXPECT_EQ(sent<AppendEntriesReply>(effects).at(0).match_index, 5U);
  EXPECT_EQ(effects.entries, entries({2, 2}, 4));
  const Effects old = server.step(2, AppendEntries{.term = 2, .prev_log = {0, 0}, .entries = entries({1}, 1)});
  EXPECT_TRUE(sent<AppendEntriesReply>(old).at(0).success);
  EXPECT_EQ(sent<AppendEntriesReply>(old).at(0).match_index, 3U);
}

TEST(Restart, BeginsAtTheSnapshotAndAppliesOnlyWhatFollows) {
  const Persisted found{.hard_state = {.current_term = 2},
                        .snapshot = snapshot({1, 2}, "ab"),
                        .log_base = {1, 1},
                        .entries = entries({1, 2}, 2)};
  Raft raft({.id = 1}, found);
  EXPECT_EQ(raft.status().commit_index, 2U);
  EXPECT_EQ(raft.status().last_log, (LogPosition{2, 3}));
  raft.step({2, AppendEntries{.term = 2, .prev_log = {2, 3}, .leader_commit = 3}});
  EXPECT_EQ(raft.take_effects(Time(0)).committed, entries({2}, 3));
}

TEST(Restart, ASnapshotThatWasSavedBeforeItsTermRaisesTheTerm) {
  const Persisted found{.hard_state = {.current_term = 2, .voted_for = 3},
                        .snapshot = snapshot({5, 9}, "ab"),
                        .log_base = {5, 9},
                        .entries = {}};
  Raft raft({.id = 1}, found);
  EXPECT_EQ(raft.status().term, 5U);
  EXPECT_EQ(raft.take_effects(Time(0)).hard_state, (HardState{.current_term = 5}));
}

}  // namespace
}  // namespace raftd::raft
