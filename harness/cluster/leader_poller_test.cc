#include "harness/cluster/leader_poller.h"

#include <gtest/gtest.h>

namespace ordeal::harness {
namespace {

using std::chrono::milliseconds;

const LeaderClaims::Time kStart{};

TEST(LeaderClaims, NobodyLeadsUntilSomebodyClaimsIt) {
  EXPECT_EQ(LeaderClaims().leader(kStart), std::nullopt);
}

TEST(LeaderClaims, TheLargestTermIsBelievedWhateverTheOrder) {
  LeaderClaims claims;
  claims.heard("n1", 3, kStart);
  EXPECT_EQ(claims.leader(kStart), "n1");
  claims.heard("n2", 10, kStart);
  EXPECT_EQ(claims.leader(kStart), "n2");
  claims.heard("n3", 9, kStart + milliseconds(5));
  EXPECT_EQ(claims.leader(kStart + milliseconds(5)), "n2");
}

TEST(LeaderClaims, OfEqualTermsTheLaterClaimIsBelieved) {
  LeaderClaims claims;
  claims.heard("n2", 3, kStart + milliseconds(1));
  claims.heard("n1", 3, kStart + milliseconds(2));
  claims.heard("n3", 3, kStart);
  EXPECT_EQ(claims.leader(kStart + milliseconds(2)), "n1");
}

TEST(LeaderClaims, AClaimExpiresAndIsRenewedByItsRepetition) {
  LeaderClaims claims;
  claims.heard("n1", 3, kStart);
  claims.heard("n2", 4, kStart + milliseconds(200));
  claims.heard("n1", 3, kStart + milliseconds(900));
  EXPECT_EQ(claims.leader(kStart + milliseconds(1200)), "n2");
  EXPECT_EQ(claims.leader(kStart + milliseconds(1201)), "n1");
  EXPECT_EQ(claims.leader(kStart + milliseconds(1901)), std::nullopt);
}

TEST(LeaderClaims, AWithdrawnClaimIsNotBelieved) {
  LeaderClaims claims;
  claims.heard("n1", 3, kStart);
  claims.heard("n2", 4, kStart);
  claims.withdraw("n2");
  claims.withdraw("n9");
  EXPECT_EQ(claims.leader(kStart), "n1");
}

TEST(ClaimedTerm, IsReadFromWhateverJsonTheTargetAnswers) {
  const LeaderProbe probe{.question = {}, .field = "role", .equals = "leader", .term_field = "term"};
  const LeaderProbe flag{.question = {}, .field = "leads", .equals = "true", .term_field = ""};
  const LeaderProbe same{
      .question = {}, .field = "/leader", .equals_field = "/header/member_id", .term_field = "/header/term"};
  const LeaderProbe theirs{.question = {}, .field = "leader", .equals_field = "/me/id", .term_field = "/r/term"};
  const LeaderProbe said{.question = {}, .matches = R"(Mode: leader\s+Epoch: (\d+))"};
  const LeaderProbe plain{.question = {}, .matches = "Mode: leader"};
  struct Case {
    const LeaderProbe& probe;
    const char* body;
    std::optional<std::uint64_t> term;
  };
  const Case cases[] = {
      {probe, R"({"role":"leader","term":7})", 7},
      {probe, R"({"role":"leader","term":"18446744073709551615"})", 18446744073709551615U},
      {probe, R"({"role":"leader"})", 0},
      {probe, R"({"role":"leader","term":null})", 0},
      {probe, R"({"role":"follower","term":7})", std::nullopt},
      {probe, R"({"role":["leader"],"term":7})", std::nullopt},
      {probe, R"({"term":7})", std::nullopt},
      {probe, R"(["role","leader"])", std::nullopt},
      {probe, R"({"role":"leader")", std::nullopt},
      {probe, "", std::nullopt},
      {probe, "\xff\x00", std::nullopt},
      {flag, R"({"leads":true})", 0},
      {flag, R"({"leads":false})", std::nullopt},
      {theirs, R"({"leader":"18446744073709551615","me":{"id":"18446744073709551615"},"r":{"term":"4"}})", 4},
      {theirs, R"({"leader":"7","me":{"id":"6"},"r":{"term":"4"}})", std::nullopt},
      {theirs, R"({"me":{"id":"6"},"r":{"term":"4"}})", std::nullopt},
      {theirs, R"({"leader":"7","me":7,"r":{"term":"4"}})", std::nullopt},
      {theirs, R"({"leader":"7"})", std::nullopt},
      {same, R"({"header":{"member_id":"9","term":"3"},"leader":"9"})", 3},
      {same, R"({"header":{"member_id":"8","term":"3"},"leader":"9"})", std::nullopt},
      {same, R"({"header":{"term":"3"}})", std::nullopt},
      {same, "[]", std::nullopt},
      {said, "Zxid: 0x5\nMode: leader\nEpoch: 12\n", 12},
      {said, "Mode: follower\nEpoch: 12\n", std::nullopt},
      {plain, "Mode: leader", 0},
      {plain, "Mode: looking", std::nullopt},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.body);
    EXPECT_EQ(claimed_term(c.probe, c.body), c.term);
  }
}

}  // namespace
}  // namespace ordeal::harness
