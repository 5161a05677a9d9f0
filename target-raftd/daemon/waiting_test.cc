// Who waits for what: requests, proposals and reads.

#include <gmock/gmock.h>

#include "target-raftd/daemon/proposals.h"
#include "target-raftd/daemon/reads.h"
#include "target-raftd/daemon/requests.h"

namespace raftd::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
  proposals.forget_lost(log, requests);
  EXPECT_EQ(proposals.bytes(), 101U);
}

TEST(Reads, ThoseOfOneTurnShareOneIdAndWaitUntilTheirIndexIsApplied) {
  Requests requests(10, 5s);
  Reads reads(100);
  reads.add({.request = 1, .key = "a"});
  reads.add({.request = 2, .key = "b"});
  EXPECT_THAT(reads.ask(start, start - 1s, requests), ElementsAre(100));
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
  reads.add({.request = waits, .key = "a"});
  reads.add({.request = waits + 1, .key = "nobody waits for this one"});
  EXPECT_THAT(reads.ask(start, start, requests), ElementsAre(100));
  EXPECT_THAT(reads.ask(start + 1s, start + 1s, requests), ElementsAre(101));
  reads.ready(100, 1);
  EXPECT_THAT(reads.answerable(9), IsEmpty()) << "a late answer to the old id counts for nothing";
  EXPECT_EQ(reads.refused(101).size(), 1U);
  EXPECT_THAT(reads.refused(101), IsEmpty());
  requests.finish(waits, Failure::no_leader);
  reads.add({.request = waits, .key = "a"});
  EXPECT_THAT(reads.ask(start + 2s, start, requests), ElementsAre(102));
  EXPECT_THAT(reads.ask(start + 9s, start + 9s, requests), IsEmpty());
}

}  // namespace
}  // namespace raftd::daemon
