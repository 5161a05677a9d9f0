#include "target-raftd/raft/progress.h"

#include <gtest/gtest.h>

namespace raftd::raft {
namespace {

// A follower that accepted a probe at `next`, and is sent entries in a pipeline now.
Progress replicating_from(Index next) {
  Progress progress(next);
  progress.accepted(next - 1);
  return progress;
}

TEST(Progress, AProbeGoesAloneUntilItIsAnswered) {
  Progress progress(5);
  EXPECT_TRUE(progress.may_send(4));
  progress.sent(7, true, 0);
  EXPECT_FALSE(progress.may_send(4));
  EXPECT_EQ(progress.next_index(), 5U);
  progress.accepted(7);
  EXPECT_TRUE(progress.may_send(4));
  EXPECT_EQ(progress.match_index(), 7U);
  EXPECT_EQ(progress.next_index(), 8U);
}

TEST(Progress, APipelineIsBoundedByTheAnswersThatAreMissing) {
  Progress progress = replicating_from(5);
  progress.sent(6, true, 0);
  progress.sent(8, true, 0);
  EXPECT_EQ(progress.next_index(), 9U);
  EXPECT_FALSE(progress.may_send(2));
  progress.accepted(6);
  EXPECT_TRUE(progress.may_send(2));
  EXPECT_FALSE(progress.idle());
  progress.accepted(8);
  EXPECT_TRUE(progress.idle());
}

TEST(Progress, AnAnswerToAHeartbeatAcknowledgesAllThatWasSentBefore) {
  Progress progress = replicating_from(5);
  progress.sent(6, true, 0);
  progress.sent(8, true, 0);
  progress.sent(8, false, 0);  // the heartbeat; the answers to the two before it are lost
  progress.accepted(8);
  EXPECT_TRUE(progress.idle());
}

TEST(Progress, MatchIndexNeverFalls) {
  Progress progress = replicating_from(5);
  progress.sent(8, true, 0);
  progress.accepted(8);
  progress.accepted(6);
  EXPECT_EQ(progress.match_index(), 8U);
  EXPECT_EQ(progress.next_index(), 9U);
}

TEST(Progress, ARefusalGoesBackToProbingAtTheHint) {
  Progress progress = replicating_from(5);
  progress.sent(8, true, 0);
  progress.sent(9, true, 0);
  EXPECT_TRUE(progress.refused(8, 6));
  EXPECT_EQ(progress.next_index(), 6U);
  progress.sent(9, true, 0);
  EXPECT_FALSE(progress.may_send(4));
}

TEST(Progress, AHintIsHeldBetweenTheMatchAndTheRefusal) {
  Progress low = replicating_from(5);
  low.sent(8, true, 0);
  EXPECT_TRUE(low.refused(8, 1));
  EXPECT_EQ(low.next_index(), 5U);
  Progress high = replicating_from(5);
  high.sent(8, true, 0);
  EXPECT_TRUE(high.refused(8, 30));
  EXPECT_EQ(high.next_index(), 8U);
}

TEST(Progress, ALateRefusalIsRecognised) {
  Progress matched = replicating_from(5);
  matched.sent(8, true, 0);
  matched.accepted(8);
  EXPECT_FALSE(matched.refused(7, 3)) << "what matched once matches for the rest of the term";
  EXPECT_EQ(matched.next_index(), 9U);

  Progress probing(9);
  EXPECT_TRUE(probing.refused(8, 4));
  EXPECT_FALSE(probing.refused(8, 2)) << "a repetition of the refusal that was handled already";
  EXPECT_EQ(probing.next_index(), 4U);
}

TEST(Progress, AnOldSuccessDoesNotEndAProbeFurtherOn) {
  Progress probing(9);
  probing.accepted(3);
  EXPECT_EQ(probing.match_index(), 3U);
  probing.sent(9, true, 0);
  EXPECT_FALSE(probing.may_send(4)) << "still a probe: nobody knows whether the logs agree up to 8";
}

TEST(Progress, AFollowerLearnsACommitIndexOnlyUpToWhatTheMessageCovers) {
  Progress progress = replicating_from(5);
  progress.sent(6, true, 9);
  EXPECT_EQ(progress.told_commit(), 6U);
  progress.sent(9, true, 8);
  EXPECT_EQ(progress.told_commit(), 8U);
}

}  // namespace
}  // namespace raftd::raft
