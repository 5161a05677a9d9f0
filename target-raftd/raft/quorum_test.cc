#include "target-raftd/raft/quorum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace raftd::raft {
namespace {

TEST(Quorum, AMajorityIsMoreThanHalf) {
  const std::vector<std::size_t> expected = {1, 2, 2, 3, 3, 4, 4};
  for (std::size_t servers = 1; servers <= expected.size(); ++servers) {
    EXPECT_EQ(majority(servers), expected[servers - 1]) << servers << " servers";
  }
}

TEST(Quorum, CommitIndexIsTheHighestIndexAMajorityHolds) {
  struct Case {
    std::vector<Index> match;
    Index committed;
  };
  const std::vector<Case> cases = {
      {{4}, 4},          {{4, 0}, 0},          {{4, 3}, 3},          {{7, 3, 5}, 5},
      {{9, 9, 1}, 9},    {{9, 1, 1}, 1},       {{5, 4, 3, 2}, 3},    {{5, 5, 2, 2}, 2},
      {{5, 5, 5, 2}, 5}, {{1, 2, 3, 4, 5}, 3}, {{9, 9, 0, 0, 0}, 0}, {{9, 9, 9, 0, 0}, 9},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(reached_by_majority(c.match), c.committed) << testing::PrintToString(c.match);
  }
}

// The slow, obvious twin: try every index and count who holds it.
TEST(Quorum, CommitIndexAgreesWithCountingTheHoldersOfEveryIndex) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<Index> match(1 + random() % 7);
    for (Index& index : match) {
      index = random() % 9;
    }
    Index committed = 0;
    for (Index index = 1; index < 10; ++index) {
      const auto holders = std::ranges::count_if(match, [index](Index held) { return held >= index; });
      committed = static_cast<std::size_t>(holders) * 2 > match.size() ? index : committed;
    }
    ASSERT_EQ(reached_by_majority(match), committed) << testing::PrintToString(match);
  }
}

TEST(Votes, AServerCountsOnceHoweverOftenItsVoteArrives) {
  Votes votes;
  votes.grant(1);
  votes.grant(2);
  votes.grant(2);
  const Configuration five = configuration_of({1, 2, 3, 4, 5});
  EXPECT_FALSE(votes.majority_of(five));
  votes.grant(3);
  EXPECT_TRUE(votes.majority_of(five));
}

TEST(Votes, ThoseOfLearnersAndStrangersDoNotCount) {
  Configuration configuration = configuration_of({1, 2, 3});
  configuration.members[4].voter = false;
  Votes votes;
  for (const NodeId server : {NodeId{1}, NodeId{4}, NodeId{9}}) {
    votes.grant(server);
  }
  EXPECT_FALSE(votes.majority_of(configuration));
  votes.grant(3);
  EXPECT_TRUE(votes.majority_of(configuration));
}

}  // namespace
}  // namespace raftd::raft
