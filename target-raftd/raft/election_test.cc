// The rules of elections: Raft paper, Figure 2 ("RequestVote RPC", "Rules for Servers"), §5.2 and §5.4.1.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "target-raftd/raft/testing/one_server.h"

namespace raftd::raft {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

RequestVoteReply vote_of(OneServer& server, NodeId candidate, RequestVote request) {
  return sent<RequestVoteReply>(server.step(candidate, request), candidate).at(0);
}

TEST(RequestVote, IsRefusedInATermOfThePastAndTheReplyTellsTheCurrentTerm) {
  OneServer server(3, {}, {.current_term = 5, .voted_for = std::nullopt});
  EXPECT_EQ(vote_of(server, 2, {.term = 4, .last_log = {4, 9}}), (RequestVoteReply{.term = 5, .vote_granted = false}));
}

TEST(RequestVote, IsGrantedToTheFirstCandidateOfATermOnly) {
  OneServer server(3);
  EXPECT_TRUE(vote_of(server, 2, {.term = 1, .last_log = {}}).vote_granted);
  EXPECT_FALSE(vote_of(server, 3, {.term = 1, .last_log = {}}).vote_granted);
  EXPECT_TRUE(vote_of(server, 2, {.term = 1, .last_log = {}}).vote_granted) << "the same answer to a repetition";
}

TEST(RequestVote, TheVoteOfATermOutlivesARestart) {
  OneServer before(3);
  const Effects effects = before.step(2, RequestVote{.term = 1, .last_log = {}});
  EXPECT_EQ(effects.hard_state, (HardState{.current_term = 1, .voted_for = 2}));
  OneServer after(3, {}, *effects.hard_state);
  EXPECT_FALSE(vote_of(after, 3, {.term = 1, .last_log = {}}).vote_granted);
  EXPECT_TRUE(vote_of(after, 2, {.term = 1, .last_log = {}}).vote_granted);
}

TEST(RequestVote, AVoteLeavesOnlyAfterItIsDurable) {
  OneServer server(3);
  const Effects effects = server.step(2, RequestVote{.term = 1, .last_log = {}});
  EXPECT_TRUE(effects.hard_state);
  EXPECT_THAT(effects.messages_at_once, IsEmpty());
  EXPECT_THAT(effects.messages, SizeIs(1));
}

TEST(RequestVote, IsGrantedOnlyToALogAtLeastAsUpToDate) {
  struct Case {
    const char* name;
    LogPosition candidate;
    bool granted;
  };
  const std::vector<Case> cases = {
      {"the same log", {2, 3}, true},
      {"a longer log of the same last term", {2, 4}, true},
      {"a shorter log of the same last term", {2, 2}, false},
      {"a shorter log of a later last term", {3, 1}, true},
      {"a longer log of an earlier last term", {1, 9}, false},
      {"an empty log", {0, 0}, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    OneServer server(3, {1, 1, 2});
    EXPECT_EQ(vote_of(server, 2, {.term = 4, .last_log = c.candidate}).vote_granted, c.granted);
  }
}

TEST(Election, ATimeoutWithoutContactBeginsATermWithAVoteForItself) {
  OneServer server(3, {1, 1});
  const Effects effects = server.campaign();
  EXPECT_EQ(server.role(), Role::candidate);
  EXPECT_EQ(effects.hard_state, (HardState{.current_term = 2, .voted_for = 1}));
  EXPECT_THAT(effects.messages, ElementsAre(Envelope{2, RequestVote{.term = 2, .last_log = {1, 2}}},
                                            Envelope{3, RequestVote{.term = 2, .last_log = {1, 2}}}));
}

TEST(Election, TimeoutsAreDrawnAnewFromOneToTwoTimesTheConfiguredTicks) {
  OneServer server(3);
  std::set<int> seen;
  for (int round = 0; round < 300; ++round) {
    int ticks = 0;
    for (const Term before = server.term(); server.term() == before; ++ticks) {
      server.tick();
    }
    seen.insert(ticks);
  }
  EXPECT_EQ(*seen.begin(), 10);
  EXPECT_EQ(*seen.rbegin(), 19);
  EXPECT_THAT(seen, SizeIs(10));
}

TEST(Election, AMajorityOfVotesMakesALeaderWhichAnnouncesItselfAtOnce) {
  OneServer server(5);
  server.campaign();
  const RequestVoteReply vote{.term = 1, .vote_granted = true};
  server.step(2, vote);
  EXPECT_EQ(server.role(), Role::candidate);
  const Effects effects = server.step(3, vote);
  EXPECT_EQ(server.role(), Role::leader);
  EXPECT_THAT(sent<AppendEntries>(effects), SizeIs(4));
}

TEST(Election, ARepeatedVoteCountsOnce) {
  OneServer server(5);
  server.campaign();
  server.step(2, RequestVoteReply{.term = 1, .vote_granted = true});
  server.step(2, RequestVoteReply{.term = 1, .vote_granted = true});
  EXPECT_EQ(server.role(), Role::candidate);
}

TEST(Election, AVoteOfAnEarlierTermDoesNotCount) {
  OneServer server(3);
  server.campaign();
  server.campaign();
  server.step(2, RequestVoteReply{.term = 1, .vote_granted = true});
  EXPECT_EQ(server.role(), Role::candidate);
  EXPECT_EQ(server.term(), 2U);
}

TEST(Election, ARefusalDoesNotCount) {
  OneServer server(3);
  server.campaign();
  server.step(2, RequestVoteReply{.term = 1, .vote_granted = false});
  EXPECT_EQ(server.role(), Role::candidate);
}

TEST(Election, ACandidateWithoutAMajorityTriesAgainInTheNextTerm) {
  OneServer server(3);
  server.campaign();
  server.tick(20);
  EXPECT_EQ(server.role(), Role::candidate);
  EXPECT_GE(server.term(), 2U);
}

TEST(Election, ACandidateFollowsTheLeaderOfItsTerm) {
  OneServer server(3);
  server.campaign();
  server.step(2, AppendEntries{.term = 1});
  EXPECT_EQ(server.role(), Role::follower);
  EXPECT_EQ(server.status().leader, 2U);
  EXPECT_EQ(server.term(), 1U);
}

TEST(Election, ACandidateIgnoresALeaderOfThePast) {
  OneServer server(3, {}, {.current_term = 4, .voted_for = std::nullopt});
  server.campaign();
  server.step(2, AppendEntries{.term = 4});
  EXPECT_EQ(server.role(), Role::candidate);
}

TEST(Election, TheOnlyServerOfAClusterElectsItself) {
  OneServer server(1);
  const Effects effects = server.campaign();
  EXPECT_EQ(server.role(), Role::leader);
  EXPECT_THAT(effects.committed, ElementsAre(Entry{.term = 1, .index = 1, .kind = EntryKind::no_op, .command = ""}));
}

TEST(ElectionTimer, IsResetByTheCurrentLeaderAndByAVoteGrantedAndByNothingElse) {
  struct Case {
    const char* name;
    NodeId from;
    Message message;
    bool resets;
  };
  const std::vector<Case> cases = {
      {"heartbeat of the leader", 2, AppendEntries{.term = 5}, true},
      {"heartbeat of a past leader", 2, AppendEntries{.term = 4}, false},
      {"vote granted", 2, RequestVote{.term = 5, .last_log = {9, 9}}, true},
      {"vote refused", 2, RequestVote{.term = 5, .last_log = {}}, false},
      {"vote refused in a higher term", 2, RequestVote{.term = 6, .last_log = {}}, false},
      {"a leader that this server's configuration does not know yet", 9, AppendEntries{.term = 5}, true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    OneServer server(3, {1}, {.current_term = 5, .voted_for = std::nullopt});
    OneServer twin(3, {1}, {.current_term = 5, .voted_for = std::nullopt});
    int timeout = 0;  // of the first draw, which both made
    for (; twin.role() == Role::follower; ++timeout) {
      twin.tick();
    }
    server.tick(timeout - 1);
    server.step(c.from, c.message);
    server.tick();
    EXPECT_EQ(server.role(), c.resets ? Role::follower : Role::candidate);
  }
}

// Figure 2, all servers: "If RPC request or response contains term T > currentTerm: set currentTerm = T, convert to
// follower". In every role, by every message.
TEST(HigherTerm, InAnyMessageMakesAnyServerAFollowerOfThatTermWithoutAVote) {
  const std::vector<Message> messages = {
      RequestVote{.term = 9, .last_log = {}},
      RequestVoteReply{.term = 9, .vote_granted = false},
      AppendEntries{.term = 9},
      AppendEntriesReply{.term = 9},
      ReadIndexRequest{.term = 9, .read = 1},
      ReadIndexReply{.term = 9, .read = 1},
  };
  for (const Role role : {Role::follower, Role::candidate, Role::leader}) {
    for (const Message& message : messages) {
      SCOPED_TRACE(testing::Message() << "role " << static_cast<int>(role) << ", message " << message.index());
      OneServer server(3, {1});  // an empty log gets no vote of it
      const Effects before = role == Role::candidate ? server.campaign()
                             : role == Role::leader  ? server.lead()
                                                     : Effects{};
      ASSERT_EQ(server.role(), role);
      const Effects effects = server.step(2, message);
      EXPECT_EQ(server.role(), Role::follower);
      EXPECT_EQ(effects.hard_state, (HardState{.current_term = 9, .voted_for = std::nullopt}));
    }
  }
}

TEST(HigherTerm, ADeposedLeaderHasAnElectionTimerAgain) {
  OneServer server(3);
  server.lead();
  server.step(2, RequestVote{.term = 9, .last_log = {}});
  server.tick(9);
  EXPECT_EQ(server.role(), Role::follower) << "a whole timeout, not what was left of the last one";
  server.tick(10);
  EXPECT_EQ(server.role(), Role::candidate);
}

TEST(Restart, AServerBeginsAsAFollowerOfItsTermWithNothingCommitted) {
  OneServer server(3, {1, 2}, {.current_term = 4, .voted_for = 1});
  EXPECT_EQ(server.role(), Role::follower);
  EXPECT_EQ(server.term(), 4U);
  EXPECT_EQ(server.status().commit_index, 0U);
  EXPECT_EQ(server.status().last_log, (LogPosition{2, 2}));
}

TEST(Configuration, ThatCannotWorkIsRefused) {
  const std::vector<Config> bad = {
      {.id = 0},
      {.id = 1, .heartbeat_ticks = 0},
      {.id = 1, .heartbeat_ticks = 10, .election_timeout_ticks = 10},
      {.id = 1, .snapshot_chunk_bytes = 0},
      {.id = 1, .check_quorum = false, .lease = Time(1)},
  };
  for (const Config& config : bad) {
    EXPECT_THROW(Raft(config, {}), std::invalid_argument);
  }
  const std::vector<Persisted> damaged = {
      {.entries = entries({3})},
      {.hard_state = {.current_term = 3}, .log_base = {1, 4}, .entries = entries({3}, 5)},
      {.hard_state = {.current_term = 3}, .snapshot = {.meta = {.position = {3, 9}}}, .entries = entries({3})},
  };
  for (const Persisted& found : damaged) {
    EXPECT_THROW(Raft({.id = 1}, found), std::invalid_argument);
  }
}

}  // namespace
}  // namespace raftd::raft
