// Changes of the configuration (dissertation, chapter 4) and leadership transfer (§3.10).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "target-raftd/raft/testing/one_server.h"

namespace raftd::raft {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::optional<ChangeRefusal> refusal(const std::variant<Accepted, ChangeRefusal>& outcome) {
  const auto* refused = std::get_if<ChangeRefusal>(&outcome);
  return refused == nullptr ? std::nullopt : std::optional(*refused);
}

Entry entry_of(const Configuration& configuration, Term term, Index index) {
  return {.term = term, .index = index, .kind = EntryKind::configuration, .command = encode(configuration)};
}

// Leads `servers` servers, its no-op committed.
OneServer leader(NodeId servers) {
  OneServer server(servers);
  server.lead();
  for (NodeId peer = 2; peer <= servers; ++peer) {
    server.accept(peer, 1);
  }
  return server;
}

TEST(Change, IsInForceAsSoonAsItIsAppended) {
  OneServer server = leader(3);
  EXPECT_EQ(refusal(server.raft().change(AddLearner{.server = 4, .address = "there"})), std::nullopt);
  EXPECT_TRUE(server.raft().configuration().contains(4));
  EXPECT_EQ(server.raft().configuration_index(), 2U);
  const auto probes = sent<AppendEntries>(server.tick(), 4);
  EXPECT_THAT(probes, testing::Not(IsEmpty()));
}

TEST(Change, OnlyOneAtATime) {
  OneServer server = leader(3);
  server.raft().change(Remove{3});
  EXPECT_EQ(refusal(server.raft().change(AddLearner{.server = 4})), ChangeRefusal::change_pending);
  server.tick();
  server.accept(2, 2);
  EXPECT_EQ(refusal(server.raft().change(AddLearner{.server = 4})), std::nullopt);
}

// Ongaro's correction of 2015: two leaders in a row could otherwise each change the configuration that the other one's
// change was based on, and end with majorities that share no server.
TEST(Change, NotBeforeAnEntryOfTheLeadersOwnTermIsCommitted) {
  OneServer server(3, {1});
  server.lead();
  EXPECT_EQ(refusal(server.raft().change(Remove{3})), ChangeRefusal::term_not_begun);
  server.accept(2, 2);
  EXPECT_EQ(refusal(server.raft().change(Remove{3})), std::nullopt);
}

TEST(Change, IsRefusedByWhoDoesNotLead) {
  OneServer server(3);
  EXPECT_EQ(refusal(server.raft().change(Remove{3})), ChangeRefusal::not_leader);
}

TEST(Change, IsTakenBackWhenItsEntryIsTruncated) {
  OneServer server(3, {1}, {.current_term = 1});
  const Entry change = entry_of(configuration_of({1, 2}), 1, 2);
  server.step(2, AppendEntries{.term = 1, .prev_log = {1, 1}, .entries = {change}});
  EXPECT_EQ(server.raft().configuration(), configuration_of({1, 2}));
  server.step(3, AppendEntries{.term = 2, .prev_log = {1, 1}, .entries = entries({2}, 2)});
  EXPECT_EQ(server.raft().configuration(), configuration_of({1, 2, 3}));
  EXPECT_EQ(server.raft().configuration_index(), 0U);
}

TEST(Learner, CountsForNothing) {
  OneServer server = leader(2);
  server.raft().change(AddLearner{.server = 3});
  server.tick();
  EXPECT_THAT(server.accept(3, 2).committed, IsEmpty()) << "the leader and a learner are no majority of two voters";
  EXPECT_THAT(server.accept(2, 2).committed, SizeIs(1));
}

// The simulation found this one (seed 3): the term was not durable yet, so after a crash it could begin once more, with
// another entry at the same position.
TEST(Learner, HearsOfTheOnlyVotersTermOnlyWhenThatIsDurable) {
  Persisted found = OneServer::persisted(1);
  found.snapshot.meta.configuration.members[2].voter = false;
  Raft raft({.id = 1}, found);
  Effects effects;
  while (!effects.hard_state) {
    raft.tick();
    effects = raft.take_effects(Time(0));
  }
  EXPECT_EQ(raft.status().role, Role::leader);
  EXPECT_THAT(effects.messages_at_once, IsEmpty());
  EXPECT_THAT(effects.messages, SizeIs(1));
}

TEST(Learner, NeverCampaigns) {
  Persisted found = OneServer::persisted(3);
  found.snapshot.meta.configuration.members[1].voter = false;
  Raft raft({.id = 1, .pre_vote = false}, found);
  for (int i = 0; i < 100; ++i) {
    raft.tick();
  }
  EXPECT_TRUE(raft.take_effects(Time(0)).empty());
  EXPECT_EQ(raft.status().term, 0U);
}

TEST(Learner, VotesWhenAskedSinceItsPromotionMayBeNewsToIt) {
  Persisted found = OneServer::persisted(3);
  found.snapshot.meta.configuration.members[1].voter = false;
  Raft raft({.id = 1, .pre_vote = false}, found);
  raft.step({2, RequestVote{.term = 1}});
  EXPECT_TRUE(sent<RequestVoteReply>(raft.take_effects(Time(0))).at(0).vote_granted);
}

TEST(Promotion, WaitsUntilTheLearnerHasCaughtUp) {
  OneServer server({.id = 1, .promotion_lag = 2, .pre_vote = false, .check_quorum = false}, 1);
  server.campaign();
  server.raft().change(AddLearner{.server = 2});
  EXPECT_EQ(refusal(server.raft().change(Promote{2})), ChangeRefusal::change_pending);
  server.tick();
  EXPECT_EQ(refusal(server.raft().change(Promote{2})), ChangeRefusal::learner_behind) << "it has never answered";
  for (int i = 0; i < 3; ++i) {
    server.propose("x");
  }
  ASSERT_EQ(server.status().last_log.index, 5U);
  EXPECT_EQ(refusal(server.raft().change(Promote{2})), ChangeRefusal::learner_behind);
  server.accept(2, 3);
  EXPECT_EQ(refusal(server.raft().change(Promote{2})), std::nullopt);
  EXPECT_EQ(server.raft().configuration().voters(), 2U);
}

TEST(Removal, OfAFollowerMakesTheMajoritySmaller) {
  OneServer server = leader(4);
  server.raft().change(Remove{4});
  server.tick();
  EXPECT_THAT(server.accept(2, 2).committed, SizeIs(1)) << "two of three";
  EXPECT_THAT(sent<AppendEntries>(server.tick(), 4), IsEmpty());
}

TEST(Removal, OfTheLeaderItselfTakesEffectWhenItIsCommittedByTheOthers) {
  OneServer server = leader(3);
  server.raft().change(Remove{1});
  server.tick();
  EXPECT_EQ(server.role(), Role::leader);
  server.accept(2, 2);
  EXPECT_EQ(server.role(), Role::leader) << "itself and one of two others are no majority of the two";
  const Effects effects = server.accept(3, 2);
  EXPECT_THAT(effects.committed, SizeIs(1));
  EXPECT_EQ(server.role(), Role::follower);
  EXPECT_THAT(sent<TimeoutNow>(effects), SizeIs(1));
  EXPECT_THAT(server.tick(100).messages, IsEmpty()) << "it never campaigns again";
}

// The simulation found this one (seed 285): server 2 does not have the entry, needs a vote of server 1, and does not
// get it, because the log of server 1 is longer. So server 1 has to lead once more (§4.2.2).
TEST(Removal, ThatIsNotCommittedYetDoesNotKeepAServerFromCampaigning) {
  OneServer server(2, {1}, {.current_term = 1});
  server.step(2, AppendEntries{.term = 1, .prev_log = {1, 1}, .entries = {entry_of(configuration_of({2}), 1, 2)}});
  const Effects effects = server.campaign();
  EXPECT_THAT(sent<RequestVote>(effects, 2), SizeIs(1));
  EXPECT_EQ(server.role(), Role::candidate) << "its own vote does not count";
  server.step(2, RequestVoteReply{.term = 2, .vote_granted = true});
  ASSERT_EQ(server.role(), Role::leader);
  server.accept(2, 3);
  EXPECT_EQ(server.role(), Role::follower) << "committed, it resigns";
  EXPECT_THAT(server.tick(100).messages, IsEmpty());
}

TEST(Newcomer, WithoutAConfigurationWaitsToBeAddedAndFollowsWhoeverLeads) {
  Raft raft({.id = 4, .pre_vote = false}, {});
  for (int i = 0; i < 100; ++i) {
    raft.tick();
  }
  EXPECT_TRUE(raft.take_effects(Time(0)).empty());
  Configuration four = configuration_of({1, 2, 3});
  four.members[4].voter = false;
  raft.step({2, AppendEntries{.term = 3, .entries = {entry_of(four, 3, 1)}, .leader_commit = 1}});
  EXPECT_EQ(raft.configuration(), four);
  EXPECT_THAT(raft.take_effects(Time(0)).committed, SizeIs(1));
}

TEST(Transfer, AsksTheSuccessorOnceItHasTheWholeLogAndProposesNothingMeanwhile) {
  OneServer server = leader(3);
  server.propose("x");
  EXPECT_EQ(server.raft().transfer(2), std::nullopt);
  EXPECT_EQ(server.status().handing_over_to, 2U);
  EXPECT_TRUE(std::holds_alternative<HandingOver>(server.raft().propose("y")));
  EXPECT_EQ(refusal(server.raft().change(Remove{3})), ChangeRefusal::handing_over);
  EXPECT_THAT(sent<TimeoutNow>(server.tick()), IsEmpty());
  EXPECT_THAT(sent<TimeoutNow>(server.accept(2, 2), 2), SizeIs(1));
  EXPECT_THAT(sent<TimeoutNow>(server.tick()), IsEmpty()) << "once";
}

TEST(Transfer, IsGivenUpAfterAnElectionTimeoutAndWritesGoOn) {
  OneServer server = leader(3);
  server.raft().transfer(2);
  server.tick(10);
  EXPECT_EQ(server.status().handing_over_to, std::nullopt);
  EXPECT_TRUE(std::holds_alternative<Accepted>(server.raft().propose("y")));
}

TEST(Transfer, IsRefusedWithAReason) {
  OneServer server = leader(3);
  server.raft().change(AddLearner{.server = 4});
  EXPECT_EQ(server.raft().transfer(1), TransferRefusal::leads_already);
  EXPECT_EQ(server.raft().transfer(9), TransferRefusal::unknown_member);
  EXPECT_EQ(server.raft().transfer(4), TransferRefusal::not_a_voter);
  EXPECT_EQ(server.raft().transfer(2), std::nullopt);
  EXPECT_EQ(server.raft().transfer(3), TransferRefusal::pending);
  EXPECT_EQ(OneServer(3).raft().transfer(2), TransferRefusal::not_leader);
}

TEST(Transfer, TheSuccessorCampaignsAtOnceWithoutAPreVote) {
  OneServer server({.id = 1}, 3, {1}, {.current_term = 5});
  server.step(2, AppendEntries{.term = 5, .prev_log = {1, 1}});
  const auto requests = sent<RequestVote>(server.step(2, TimeoutNow{.term = 5}));
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0], (RequestVote{.term = 6, .last_log = {1, 1}, .by_transfer = true}));
}

TEST(Transfer, ATimeoutNowOfAnEarlierTermIsIgnored) {
  OneServer server({.id = 1}, 3, {1}, {.current_term = 5});
  EXPECT_THAT(sent<RequestVote>(server.step(2, TimeoutNow{.term = 4})), IsEmpty());
}

}  // namespace
}  // namespace raftd::raft
