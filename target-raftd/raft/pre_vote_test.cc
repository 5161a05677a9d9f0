// PreVote (dissertation §9.6) and CheckQuorum (§6.2, §4.2.3): a server that was cut off comes back without deposing a
// leader that the others hear well, and a leader that was cut off makes room.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "target-raftd/raft/testing/one_server.h"

namespace raftd::raft {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr Config calm{.id = 1};  // both are on

// A follower in term 5 that has not heard from a leader for an election timeout, but does not campaign yet.
OneServer alone(Config config = calm, std::initializer_list<Term> log = {1}) {
  OneServer server(config, 3, log, {.current_term = 5});
  server.tick(10);
  return server;
}

Effects until_it_campaigns(OneServer& server) {
  Effects effects;
  while (sent<RequestVote>(effects).empty()) {
    effects = server.tick();
  }
  return effects;
}

TEST(PreVote, AsksWithoutBeginningATerm) {
  OneServer server(calm, 3, {1}, {.current_term = 5});
  const auto requests = sent<RequestVote>(until_it_campaigns(server));
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0], (RequestVote{.term = 6, .last_log = {1, 1}, .pre_vote = true}));
  EXPECT_EQ(server.role(), Role::pre_candidate);
  EXPECT_EQ(server.term(), 5U);
}

TEST(PreVote, AServerThatNobodyAnswersNeverRaisesItsTerm) {
  OneServer server(calm, 3, {1}, {.current_term = 5});
  server.tick(1'000);
  EXPECT_EQ(server.term(), 5U);
}

TEST(PreVote, AMajorityOfGrantsBeginsTheRealElection) {
  OneServer server(calm, 3, {1}, {.current_term = 5});
  until_it_campaigns(server);
  const Effects effects = server.step(2, RequestVoteReply{.term = 6, .vote_granted = true, .pre_vote = true});
  EXPECT_EQ(server.role(), Role::candidate);
  EXPECT_EQ(server.term(), 6U);
  const auto requests = sent<RequestVote>(effects);
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0], (RequestVote{.term = 6, .last_log = {1, 1}}));
}

TEST(PreVote, AGrantIsNoVote) {
  OneServer server(calm, 3, {1}, {.current_term = 5});
  until_it_campaigns(server);
  server.step(2, RequestVoteReply{.term = 6, .vote_granted = true, .pre_vote = true});
  server.step(3, RequestVoteReply{.term = 6, .vote_granted = true, .pre_vote = true});
  EXPECT_EQ(server.role(), Role::candidate);
}

TEST(PreVote, ALateGrantForAnEarlierTermDoesNotCount) {
  OneServer server(calm, 3, {1}, {.current_term = 5});
  until_it_campaigns(server);
  server.step(2, RequestVoteReply{.term = 5, .vote_granted = true, .pre_vote = true});
  EXPECT_EQ(server.role(), Role::pre_candidate);
}

// Two servers that are left must not wait for each other for ever: one with the longer log in an earlier term, one in a
// later term with the shorter log (etcd#8501). The refusal tells the term, so the first one asks for a later one.
TEST(PreVote, ARefusalTellsTheTermToWhoLagsBehind) {
  OneServer ahead(calm, 3, {1}, {.current_term = 7});
  ahead.tick(10);
  const auto refusals =
      sent<RequestVoteReply>(ahead.step(2, RequestVote{.term = 6, .last_log = {1, 2}, .pre_vote = true}));
  ASSERT_THAT(refusals, SizeIs(1));
  EXPECT_EQ(refusals[0], (RequestVoteReply{.term = 7, .vote_granted = false, .pre_vote = true}));

  OneServer behind(calm, 3, {1, 1}, {.current_term = 5});
  until_it_campaigns(behind);
  behind.step(3, refusals[0]);
  EXPECT_EQ(behind.term(), 7U);
  EXPECT_EQ(behind.role(), Role::follower);
  EXPECT_EQ(sent<RequestVote>(until_it_campaigns(behind)).at(0).term, 8U);
}

TEST(PreVote, IsGrantedToALaterTermAndAnUpToDateLogAndChangesNothing) {
  struct Case {
    const char* name;
    RequestVote request;
    bool granted;
  };
  const std::vector<Case> cases = {
      {"a later term", {.term = 6, .last_log = {1, 1}, .pre_vote = true}, true},
      {"a much later term", {.term = 60, .last_log = {2, 1}, .pre_vote = true}, true},
      {"the term that is here already", {.term = 5, .last_log = {1, 1}, .pre_vote = true}, false},
      {"a shorter log", {.term = 6, .last_log = {}, .pre_vote = true}, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    OneServer server = alone();
    const Effects effects = server.step(2, c.request);
    EXPECT_EQ(sent<RequestVoteReply>(effects).at(0),
              (RequestVoteReply{.term = c.granted ? c.request.term : 5, .vote_granted = c.granted, .pre_vote = true}));
    EXPECT_FALSE(effects.hard_state);
    EXPECT_EQ(server.term(), 5U);
  }
}

TEST(SignOfLife, RefusesVotesAndPreVotesForAnElectionTimeout) {
  for (const bool pre_vote : {true, false}) {
    OneServer server = alone();
    server.step(3, AppendEntries{.term = 5, .prev_log = {1, 1}});
    server.tick(9);
    const RequestVote request{.term = 6, .last_log = {1, 1}, .pre_vote = pre_vote};
    for (const auto& reply : sent<RequestVoteReply>(server.step(2, request))) {
      EXPECT_FALSE(reply.vote_granted);
    }
    EXPECT_EQ(server.term(), 5U) << "no later term either, which would depose the leader";
    server.tick();
    const auto replies = sent<RequestVoteReply>(server.step(2, request));
    ASSERT_THAT(replies, SizeIs(1));
    EXPECT_TRUE(replies[0].vote_granted) << "an election timeout later";
  }
}

TEST(SignOfLife, IsNoReasonToRefuseWhomTheLeaderAsked) {
  OneServer server = alone();
  server.step(3, AppendEntries{.term = 5, .prev_log = {1, 1}});
  const auto replies =
      sent<RequestVoteReply>(server.step(2, RequestVote{.term = 6, .last_log = {1, 1}, .by_transfer = true}));
  ASSERT_THAT(replies, SizeIs(1));
  EXPECT_TRUE(replies[0].vote_granted);
}

// It may have answered its leader right before it stopped, and the leader may read under the lease that this renewed.
TEST(SignOfLife, IsAssumedAfterARestartButNotByABrandNewServer) {
  const RequestVote request{.term = 6, .last_log = {1, 1}};
  OneServer restarted(calm, 3, {1}, {.current_term = 5});
  EXPECT_THAT(sent<RequestVoteReply>(restarted.step(2, request)), IsEmpty());
  OneServer brand_new(calm, 3);
  EXPECT_TRUE(sent<RequestVoteReply>(brand_new.step(2, request)).at(0).vote_granted);
}

TEST(CheckQuorum, ALeaderThatHearsFromNoMajorityStepsDown) {
  struct Case {
    const char* name;
    bool check_quorum;
    bool answered;
    Role role;
  };
  for (const Case& c :
       {Case{"nobody answers", true, false, Role::follower}, Case{"one of two answers", true, true, Role::leader},
        Case{"switched off", false, false, Role::leader}}) {
    SCOPED_TRACE(c.name);
    OneServer server({.id = 1, .pre_vote = false, .check_quorum = c.check_quorum}, 3);
    server.lead();
    server.tick(10);  // the first timeout is free, for the followers to answer at all
    for (int i = 0; i < 10; ++i) {
      if (c.answered) {
        server.accept(3, 0);
      }
      server.tick();
    }
    EXPECT_EQ(server.role(), c.role);
  }
}

TEST(CheckQuorum, ALeaderThatSteppedDownVotesForTheNextAtOnce) {
  OneServer server({.id = 1, .pre_vote = false}, 3);
  server.lead();
  server.tick(20);
  ASSERT_EQ(server.role(), Role::follower);
  EXPECT_TRUE(sent<RequestVoteReply>(server.step(2, RequestVote{.term = 9, .last_log = {9, 9}})).at(0).vote_granted);
}

TEST(CheckQuorum, ALeaderThatHearsAMajorityIgnoresCandidates) {
  OneServer server({.id = 1, .pre_vote = false}, 3);
  server.lead();
  EXPECT_THAT(sent<RequestVoteReply>(server.step(2, RequestVote{.term = 9, .last_log = {9, 9}})), IsEmpty());
  EXPECT_EQ(server.role(), Role::leader);
}

}  // namespace
}  // namespace raftd::raft
