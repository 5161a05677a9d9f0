// Who waits for what: requests, proposals, reads and transfers.

#include <gmock/gmock.h>

#include "target-raftd/daemon/proposals.h"
#include "target-raftd/daemon/reads.h"
#include "target-raftd/daemon/requests.h"
#include "target-raftd/daemon/transfers.h"

namespace raftd::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Question = Reads::Question;
constexpr raft::ReadMode read_index = raft::ReadMode::read_index;
constexpr raft::ReadMode lease = raft::ReadMode::lease;

const Requests::Clock::time_point start{};

TEST(Requests, AreAnsweredOnceByTheResultOrByTheDeadline) {
  Requests requests(2, 5s);
  std::vector<Answer> first;
  std::vector<Answer> second;
  const RequestId a = requests.add(start, Failure::write_timeout, [&](const Answer& x) { first.push_back(x); });
  const RequestId b = requests.add(start + 1s, Failure::read_timeout, [&](const Answer& x) { second.push_back(x); });
  EXPECT_TRUE(requests.full());
  requests.finish(a, kv::Result{});
  requests.finish(a, Failure::no_leader);
  requests.expire(start + 5s);
  EXPECT_TRUE(requests.waits(b));
  requests.expire(start + 6s);
  requests.finish(b, Value{});
  EXPECT_FALSE(requests.full());
  EXPECT_THAT(first, ElementsAre(Answer(kv::Result{})));
  EXPECT_THAT(second, ElementsAre(Answer(Failure::read_timeout)));
}

TEST(Proposals, AreCommittedIfTheEntryAtTheirIndexHasTheirTermElseSuperseded) {
  Proposals proposals;
  proposals.add({2, 5}, 10, 100);
  proposals.add({2, 6}, 11, 100);
  proposals.add({4, 6}, 12, 100);  // proposed again at the same index, after another term of this server
  EXPECT_THAT(proposals.applied({1, 4}), IsEmpty());
  EXPECT_THAT(proposals.applied({2, 5}), ElementsAre(Proposals::Settled{10, true}));
  EXPECT_THAT(proposals.applied({4, 6}), ElementsAre(Proposals::Settled{11, false}, Proposals::Settled{12, true}));
  EXPECT_EQ(proposals.count(), 0U);
  EXPECT_EQ(proposals.bytes(), 0U);
}

TEST(Proposals, AreForgottenOnlyWhenNobodyWaitsAndTheyLeftTheLog) {
  Requests requests(10, 5s);
  const RequestId waits = requests.add(start, Failure::write_timeout, [](const Answer&) {});
  Proposals proposals;
  proposals.add({2, 1}, 98, 1);       // still in the log
  proposals.add({2, 2}, 99, 10);      // replaced, expired
  proposals.add({2, 3}, waits, 100);  // gone from the log, but its client waits: another server may still hold it
  const std::vector<raft::Entry> log = {{.term = 2, .index = 1, .kind = raft::EntryKind::command, .command = ""},
                                        {.term = 3, .index = 2, .kind = raft::EntryKind::no_op, .command = ""}};
  proposals.forget_lost(log, 0, requests);
  EXPECT_EQ(proposals.bytes(), 101U);
  proposals.forget_lost(std::span(log).subspan(1), 1, requests);  // entry 1 was compacted away
  EXPECT_EQ(proposals.bytes(), 100U);
}

TEST(Proposals, NobodyCanTellTheFateOfThoseThatASnapshotCovers) {
  Proposals proposals;
  proposals.add({2, 5}, 10, 1);
  proposals.add({2, 6}, 11, 1);
  proposals.add({2, 7}, 12, 1);
  EXPECT_THAT(proposals.covered(6), ElementsAre(10, 11));
  EXPECT_THAT(proposals.applied({2, 7}), ElementsAre(Proposals::Settled{12, true}));
}

TEST(Reads, ThoseOfOneTurnShareOneIdAndWaitUntilTheirIndexIsApplied) {
  Requests requests(10, 5s);
  Reads reads(100);
  reads.add({.request = 1, .key = "a"}, read_index);
  reads.add({.request = 2, .key = "b"}, read_index);
  reads.add({.request = 3, .key = "c"}, lease);
  EXPECT_THAT(reads.ask(start, start - 1s, requests), ElementsAre(Question{100, read_index}, Question{101, lease}));
  EXPECT_THAT(reads.ask(start, start - 1s, requests), IsEmpty());
  reads.ready(100, 7);
  EXPECT_THAT(reads.answerable(6), IsEmpty());
  const Reads::Batch batch = reads.answerable(7);
  ASSERT_EQ(batch.size(), 2U);
  EXPECT_EQ(batch[1].key, "b");
  EXPECT_THAT(reads.answerable(8), IsEmpty());
}

TEST(Reads, ALostOneIsAskedAgainUnderANewIdAsLongAsSomeoneWaits) {
  Requests requests(10, 5s);
  const RequestId waits = requests.add(start, Failure::read_timeout, [](const Answer&) {});
  Reads reads(100);
  reads.add({.request = waits, .key = "a"}, read_index);
  reads.add({.request = waits + 1, .key = "nobody waits for this one"}, read_index);
  EXPECT_THAT(reads.ask(start, start, requests), ElementsAre(Question{100, read_index}));
  EXPECT_THAT(reads.ask(start + 1s, start + 1s, requests), ElementsAre(Question{101, read_index}));
  reads.ready(100, 1);
  EXPECT_THAT(reads.answerable(9), IsEmpty()) << "a late answer to the old id counts for nothing";
  EXPECT_EQ(reads.refused(101).size(), 1U);
  EXPECT_THAT(reads.refused(101), IsEmpty());
  requests.finish(waits, Failure::no_leader);
  reads.add({.request = waits, .key = "a"}, read_index);
  EXPECT_THAT(reads.ask(start + 2s, start, requests), ElementsAre(Question{102, read_index}));
  EXPECT_THAT(reads.ask(start + 9s, start + 9s, requests), IsEmpty());
}

TEST(Transfers, AreAnsweredWhenANewLeaderIsKnownOrTheOldOneGoesOn) {
  const auto status = [](raft::Term term, std::optional<raft::NodeId> leader, std::optional<raft::NodeId> to = {}) {
    raft::Status one;
    one.term = term;
    one.leader = leader;
    one.handing_over_to = to;
    return one;
  };
  const raft::Status before = status(4, 1, 2);
  struct Case {
    const char* what;
    raft::Status now;
    Transfers::Clock::time_point at;
    unsigned answered;  // 0: not answered
  };
  const std::vector<Case> cases = {
      {"under way", before, start, 0},
      {"nobody leads yet", status(5, {}), start, 0},
      {"it leads", status(5, 2), start, 200},
      {"another one leads", status(6, 3), start, 504},
      {"the old one goes on", status(4, 1), start, 504},
      {"the deadline passed", status(5, {}), start + 5s, 504},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    unsigned answered = 0;
    Transfers transfers;
    transfers.add(2, before, start + 5s, [&](const HttpResponse& response) { answered = response.status; });
    transfers.check(one.now, one.at);
    EXPECT_EQ(answered, one.answered);
  }
}

}  // namespace
}  // namespace raftd::daemon
