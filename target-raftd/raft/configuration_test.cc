#include "target-raftd/raft/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace raftd::raft {
namespace {

Configuration three_and_a_learner() {
  Configuration configuration = configuration_of({1, 2, 3});
  configuration.members[4] = {.address = "10.0.0.4:7", .voter = false};
  configuration.retired = {9};
  return configuration;
}

TEST(Configuration, ChangesByOneServerOrSaysWhyNot) {
  using Refusal = ChangeRefusal;
  struct Case {
    MembershipChange change;
    std::optional<Refusal> refusal;
  };
  const std::vector<Case> cases = {
      {AddLearner{.server = 5, .address = "a"}, {}},
      {AddLearner{.server = 1}, Refusal::already_member},
      {AddLearner{.server = 4}, Refusal::already_member},
      {AddLearner{.server = 9}, Refusal::retired},
      {Promote{4}, {}},
      {Promote{1}, Refusal::not_a_learner},
      {Promote{5}, Refusal::unknown_member},
      {Promote{9}, Refusal::unknown_member},
      {Remove{1}, {}},
      {Remove{4}, {}},
      {Remove{5}, Refusal::unknown_member},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto outcome = changed(three_and_a_learner(), cases[i].change);
    const auto* refusal = std::get_if<Refusal>(&outcome);
    EXPECT_EQ(refusal == nullptr ? std::nullopt : std::optional(*refusal), cases[i].refusal) << "case " << i;
  }
}

TEST(Configuration, ALearnerVotesOnceItIsPromoted) {
  Configuration configuration = std::get<Configuration>(changed(configuration_of({1}), AddLearner{.server = 2}));
  EXPECT_FALSE(configuration.is_voter(2));
  EXPECT_EQ(configuration.voters(), 1U);
  configuration = std::get<Configuration>(changed(configuration, Promote{2}));
  EXPECT_TRUE(configuration.is_voter(2));
  EXPECT_EQ(configuration.voters(), 2U);
}

TEST(Configuration, TheLastVoterStaysAndARemovedNumberNeverComesBack) {
  Configuration configuration = configuration_of({1, 2});
  configuration = std::get<Configuration>(changed(configuration, Remove{2}));
  EXPECT_EQ(std::get<ChangeRefusal>(changed(configuration, Remove{1})), ChangeRefusal::last_voter);
  EXPECT_EQ(std::get<ChangeRefusal>(changed(configuration, AddLearner{.server = 2})), ChangeRefusal::retired);
}

TEST(Configuration, ReadsBackAsTheSame) {
  for (const Configuration& configuration : {Configuration{}, configuration_of({1}), three_and_a_learner()}) {
    EXPECT_EQ(decode_configuration(encode(configuration)), configuration);
  }
}

// Whatever the bytes are, the answer is nothing or a configuration whose encoding they are.
TEST(Configuration, IsReadFromNothingElseThanItsOwnEncoding) {
  const std::string good = encode(three_and_a_learner());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode_configuration(good.substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_configuration(good + '\0'));
  std::mt19937_64 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    if (const auto read = decode_configuration(bytes)) {
      ASSERT_EQ(encode(*read), bytes);
    }
  }
}

}  // namespace
}  // namespace raftd::raft
