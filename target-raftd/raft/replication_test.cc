// The rules of replication and commitment: Raft paper, Figure 2 ("AppendEntries RPC", "Leaders"), §5.3 and §5.4.2.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "target-raftd/raft/testing/one_server.h"

namespace raftd::raft {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<Term> terms(std::span<const Entry> log) {
  std::vector<Term> all;
  for (const Entry& entry : log) {
    all.push_back(entry.term);
  }
  return all;
}

AppendEntriesReply reply_to(OneServer& server, const AppendEntries& request) {
  return sent<AppendEntriesReply>(server.step(2, request), 2).at(0);
}

TEST(AppendEntries, OfATermOfThePastIsRefusedAndChangesNothing) {
  OneServer server(3, {1}, {.current_term = 3, .voted_for = std::nullopt});
  const auto reply = reply_to(server, {.term = 2, .prev_log = {1, 1}, .entries = entries({2}, 2), .leader_commit = 2});
  EXPECT_FALSE(reply.success);
  EXPECT_EQ(reply.term, 3U);
  EXPECT_EQ(server.status().last_log, (LogPosition{1, 1}));
  EXPECT_EQ(server.status().commit_index, 0U);
  EXPECT_EQ(server.status().leader, std::nullopt);
}

TEST(AppendEntries, IsRefusedUnlessTheLogHoldsTheEntryBefore) {
  struct Case {
    const char* name;
    LogPosition prev;
    bool success;
    LogPosition conflict;  // the hint: term and first index
  };
  const std::vector<Case> cases = {
      {"the beginning", {0, 0}, true, {}},
      {"in the middle", {1, 2}, true, {}},
      {"at the end", {4, 5}, true, {}},
      {"right after the end", {4, 6}, false, {0, 6}},
      {"far after the end", {4, 9}, false, {0, 6}},
      {"another term", {3, 5}, false, {4, 3}},
      {"another term in the middle", {3, 2}, false, {1, 1}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    OneServer server(3, {1, 1, 4, 4, 4});
    const auto reply = reply_to(server, {.term = 5, .prev_log = c.prev});
    EXPECT_EQ(reply.success, c.success);
    EXPECT_EQ(reply.match_index, c.prev.index);
    EXPECT_EQ((LogPosition{reply.conflict_term, reply.conflict_index}), c.conflict);
    EXPECT_THAT(terms(server.raft().log()), ElementsAre(1, 1, 4, 4, 4));
  }
}

TEST(AppendEntries, AConflictingEntryGoesWithAllThatFollowIt) {
  OneServer server(3, {1, 2, 2, 2});
  const Effects effects =
      server.step(2, AppendEntries{.term = 3, .prev_log = {1, 1}, .entries = entries({2, 3}, 2), .leader_commit = 0});
  EXPECT_THAT(terms(server.raft().log()), ElementsAre(1, 2, 3));
  EXPECT_EQ(effects.entries, entries({3}, 3)) << "only what is new is stored";
}

TEST(AppendEntries, ADelayedOneDoesNotRemoveWhatCameAfterIt) {
  OneServer server(3, {1});
  const AppendEntries first{.term = 1, .prev_log = {1, 1}, .entries = entries({1}, 2)};
  server.step(2, first);
  server.step(2, AppendEntries{.term = 1, .prev_log = {1, 2}, .entries = entries({1}, 3)});
  const Effects effects = server.step(2, first);
  EXPECT_THAT(terms(server.raft().log()), ElementsAre(1, 1, 1));
  EXPECT_THAT(effects.entries, IsEmpty());
}

TEST(AppendEntries, TheReplyVouchesForThePrefixAndTheEntriesAndNoMore) {
  OneServer server(3, {1, 1, 1});
  EXPECT_EQ(reply_to(server, {.term = 2, .prev_log = {1, 1}}).match_index, 1U);
  EXPECT_EQ(reply_to(server, {.term = 2, .prev_log = {1, 1}, .entries = entries({1}, 2)}).match_index, 2U);
}

TEST(AppendEntries, TheReplyLeavesOnlyAfterTheEntriesAreDurable) {
  OneServer server(3);
  const Effects effects = server.step(2, AppendEntries{.term = 1, .prev_log = {}, .entries = entries({1})});
  EXPECT_EQ(effects.entries, entries({1}));
  EXPECT_EQ(effects.hard_state, (HardState{.current_term = 1, .voted_for = std::nullopt}));
  EXPECT_THAT(effects.messages_at_once, IsEmpty());
  EXPECT_THAT(sent<AppendEntriesReply>(effects), SizeIs(1));
}

TEST(AppendEntries, AFollowerCommitsTheLesserOfLeaderCommitAndLastNewEntry) {
  struct Case {
    const char* name;
    std::vector<Entry> entries;
    Index leader_commit;
    Index committed;
  };
  const std::vector<Case> cases = {
      {"less than what is new", entries({2, 2}, 3), 3, 3},
      {"all that is new", entries({2, 2}, 3), 4, 4},
      {"more than what is new", entries({2, 2}, 3), 9, 4},
      {"a heartbeat vouches for nothing behind its prefix", {}, 9, 2},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    OneServer server(3, {1, 1, 1, 1, 1});  // from index 3 on, of another leader
    const Effects effects = server.step(
        2, AppendEntries{.term = 2, .prev_log = {1, 2}, .entries = c.entries, .leader_commit = c.leader_commit});
    EXPECT_EQ(server.status().commit_index, c.committed);
    EXPECT_THAT(effects.committed, SizeIs(c.committed));
  }
}

TEST(AppendEntries, TheCommitIndexNeverFalls) {
  OneServer server(3, {1, 1, 1});
  server.step(2, AppendEntries{.term = 1, .prev_log = {1, 3}, .entries = {}, .leader_commit = 3});
  const Effects effects =
      server.step(2, AppendEntries{.term = 1, .prev_log = {1, 1}, .entries = {}, .leader_commit = 1});
  EXPECT_EQ(server.status().commit_index, 3U);
  EXPECT_THAT(effects.committed, IsEmpty()) << "nothing is applied twice";
}

TEST(AppendEntries, ThatIsMalformedIsIgnored) {
  const std::vector<AppendEntries> malformed = {
      {.term = 2, .prev_log = {1, 1}, .entries = entries({2}, 3)},     // a gap
      {.term = 2, .prev_log = {1, 1}, .entries = entries({2, 1}, 2)},  // a falling term
      {.term = 2, .prev_log = {1, 1}, .entries = entries({3}, 2)},     // a term later than the sender's
  };
  for (const AppendEntries& message : malformed) {
    OneServer server(3, {1});
    EXPECT_THAT(server.step(2, message).messages, IsEmpty());
    EXPECT_THAT(terms(server.raft().log()), ElementsAre(1));
  }
}

TEST(Leader, OpensItsTermWithANoOp) {
  OneServer server(3, {1});
  const Effects effects = server.lead();
  const Entry no_op{.term = 2, .index = 2, .kind = EntryKind::no_op, .command = ""};
  EXPECT_THAT(effects.entries, ElementsAre(no_op));
  EXPECT_THAT(sent<AppendEntries>(effects, 2),
              ElementsAre(AppendEntries{.term = 2, .prev_log = {1, 1}, .entries = {no_op}, .round = 1}));
}

TEST(Leader, SendsHeartbeatsInEveryIdleInterval) {
  OneServer server(3);
  server.lead();
  server.accept(2, 1);
  server.accept(3, 1);
  for (int interval = 0; interval < 3; ++interval) {
    EXPECT_THAT(sent<AppendEntries>(server.tick(), 2), SizeIs(1));
  }
}

TEST(Leader, SendsEntriesBeforeItsOwnDiskHasThem) {
  OneServer server(3);
  server.lead();
  server.accept(2, 1);
  server.slow_disk();
  const Effects effects = server.propose("x");
  EXPECT_THAT(effects.messages, IsEmpty());
  EXPECT_THAT(effects.messages_at_once, testing::Not(IsEmpty()));
}

TEST(Leader, CommitsWhatAMajorityHoldsAndAppliesItOnce) {
  OneServer server(5);
  server.lead();
  EXPECT_THAT(server.accept(2, 1).committed, IsEmpty());
  EXPECT_THAT(server.accept(3, 1).committed, SizeIs(1));
  EXPECT_THAT(server.accept(4, 1).committed, IsEmpty());
  EXPECT_EQ(server.status().commit_index, 1U);
}

TEST(Leader, CountsItselfOnlyAsFarAsItsDiskGot) {
  OneServer server(3);
  server.lead();
  server.accept(2, 1);
  server.slow_disk();
  server.propose("x");
  EXPECT_THAT(server.accept(2, 2).committed, IsEmpty());
  server.raft().durable({1, 2});
  EXPECT_THAT(server.raft().take_effects(Time(0)).committed, SizeIs(1));
}

TEST(Leader, MayCommitWithoutItsOwnDiskWhatAMajorityOfTheOthersHolds) {
  OneServer server(3);
  server.lead();
  server.slow_disk();
  server.propose("x");
  server.accept(2, 2);
  EXPECT_EQ(server.status().commit_index, 1U);
  server.accept(3, 2);
  EXPECT_EQ(server.status().commit_index, 2U);
}

TEST(Leader, CommitsEntriesOfEarlierTermsOnlyThroughOneOfItsOwn) {
  OneServer server(3, {1, 2});
  server.lead();
  EXPECT_THAT(server.accept(2, 2).committed, IsEmpty()) << "a majority holds index 2, of term 2 (Figure 8)";
  EXPECT_THAT(server.accept(2, 3).committed, SizeIs(3));
}

TEST(Leader, NeverChangesItsOwnLogForAnotherLeaderOfItsTerm) {
  OneServer server(3);
  server.lead();
  server.step(2, AppendEntries{.term = 1, .prev_log = {}, .entries = entries({1, 1})});
  EXPECT_EQ(server.role(), Role::leader);
  EXPECT_EQ(server.status().last_log, (LogPosition{1, 1}));
}

TEST(Leader, IgnoresAnAcknowledgementBeyondItsLog) {
  OneServer server(3);
  server.lead();
  EXPECT_THAT(server.accept(2, 99).committed, IsEmpty());
}

TEST(Leader, IgnoresAnAcknowledgementOfAnEarlierTerm) {
  OneServer server(3, {1, 1});
  server.lead();
  server.step(2, AppendEntriesReply{.term = 1, .success = true, .match_index = 3});
  EXPECT_EQ(server.status().commit_index, 0U);
}

// The hint saves a round trip for each conflicting entry (§5.3, end). The leader's log is 1 1 1 3 3 4(no-op).
TEST(Leader, GoesBackByTheHintOfARefusal) {
  struct Case {
    const char* name;
    LogPosition conflict;
    LogPosition next_prev;
  };
  const std::vector<Case> cases = {
      {"the follower's log is shorter", {0, 3}, {1, 2}},
      {"the leader has no entry of that term", {2, 3}, {1, 2}},
      {"the leader has entries of that term", {1, 2}, {1, 3}},
      {"the follower's log is empty", {0, 1}, {0, 0}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    OneServer server(3, {1, 1, 1, 3, 3});
    server.lead();
    const Effects effects = server.step(2, AppendEntriesReply{.term = 4,
                                                              .success = false,
                                                              .match_index = 5,
                                                              .conflict_term = c.conflict.term,
                                                              .conflict_index = c.conflict.index});
    ASSERT_THAT(sent<AppendEntries>(effects, 2), SizeIs(1));
    EXPECT_EQ(sent<AppendEntries>(effects, 2)[0].prev_log, c.next_prev);
    EXPECT_THAT(sent<AppendEntries>(effects, 2)[0].entries, SizeIs(6 - c.next_prev.index));
  }
}

TEST(Leader, TellsANewCommitIndexAtOnceToAFollowerThatHasAnsweredEverything) {
  OneServer server(3);
  server.lead();
  const Effects effects = server.accept(2, 1);
  ASSERT_THAT(sent<AppendEntries>(effects, 2), SizeIs(1));
  EXPECT_EQ(sent<AppendEntries>(effects, 2)[0].leader_commit, 1U);
  EXPECT_THAT(sent<AppendEntries>(effects, 3), IsEmpty()) << "it has not acknowledged the entry";
  EXPECT_THAT(sent<AppendEntries>(server.accept(2, 1)), IsEmpty()) << "told once";
}

TEST(Leader, SendsAgainWhenTheMessageOrItsAnswerWasLost) {
  OneServer server(3);
  server.lead();
  server.accept(2, 1);
  server.propose("x");  // lost
  const auto heartbeat = sent<AppendEntries>(server.tick(), 2).at(0);
  EXPECT_EQ(heartbeat.prev_log, (LogPosition{1, 2}));
  const Effects effects = server.step(
      2, AppendEntriesReply{.term = 1, .success = false, .match_index = 2, .conflict_term = 0, .conflict_index = 2});
  EXPECT_THAT(sent<AppendEntries>(effects, 2).at(0).entries, SizeIs(1));
}

TEST(Leader, SendsSeveralBatchesWithoutWaitingButNotMoreThanTheWindow) {
  Config config{.id = 1,
                .random_seed = 1,
                .heartbeat_ticks = 1,
                .election_timeout_ticks = 10,
                .max_batch_bytes = 2,
                .max_inflight = 2,
                .pre_vote = false};
  Raft raft(config, OneServer::persisted(2, {.current_term = 1}, entries({1, 1, 1, 1, 1})));
  while (raft.status().role == Role::follower) {
    raft.tick();
  }
  raft.step({2, RequestVoteReply{.term = 2, .vote_granted = true}});
  raft.take_effects(Time(0));
  raft.step(
      {2, AppendEntriesReply{.term = 2, .success = false, .match_index = 5, .conflict_term = 0, .conflict_index = 1}});
  EXPECT_THAT(sent<AppendEntries>(raft.take_effects(Time(0))), SizeIs(1)) << "probing";
  raft.step({2, AppendEntriesReply{.term = 2, .success = true, .match_index = 2}});
  const auto batches = sent<AppendEntries>(raft.take_effects(Time(0)));
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_THAT(batches[0].entries, SizeIs(2));
  EXPECT_EQ(batches[1].prev_log.index, 4U);
}

TEST(Proposal, OnAServerThatDoesNotLeadNamesTheLeaderItKnows) {
  OneServer server(3);
  EXPECT_EQ(std::get<NotLeader>(server.raft().propose("x")).leader, std::nullopt);
  server.step(3, AppendEntries{.term = 1});
  EXPECT_EQ(std::get<NotLeader>(server.raft().propose("x")).leader, 3U);
}

TEST(Proposal, IsAcceptedAtThePositionAtWhichItMayBeCommitted) {
  OneServer server(3);
  server.lead();
  EXPECT_EQ(std::get<Accepted>(server.raft().propose("x")).position, (LogPosition{1, 2}));
}

}  // namespace
}  // namespace raftd::raft
