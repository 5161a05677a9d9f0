#include "target-raftd/raft/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <stdexcept>

namespace raftd::raft {
namespace {

// Entries from index 1 on, one for each term given.
std::vector<Entry> entries(const std::vector<Term>& terms, Index first = 1) {
  std::vector<Entry> made;
  for (const Term term : terms) {
    made.push_back({.term = term, .index = first++, .kind = EntryKind::command, .command = "c"});
  }
  return made;
}

Log log_of(std::vector<Entry> durable) {
  return {{}, std::move(durable), configuration_of({1, 2, 3}), 0};
}

std::vector<Term> terms(const Log& log) {
  std::vector<Term> all;
  for (const Entry& entry : log.entries()) {
    all.push_back(entry.term);
  }
  return all;
}

TEST(Log, MergeRemovesOnlyWhatConflicts) {
  struct Case {
    const char* name;
    std::vector<Term> log;
    Index prev;
    std::vector<Term> message;
    std::vector<Term> merged;
  };
  const std::vector<Case> cases = {
      {"into an empty log", {}, 0, {1, 1}, {1, 1}},
      {"at the end", {1, 1}, 2, {2, 3}, {1, 1, 2, 3}},
      {"nothing", {1, 1}, 1, {}, {1, 1}},
      {"a repetition", {1, 1, 2}, 1, {1, 2}, {1, 1, 2}},
      {"a late message does not remove what came after it", {1, 1, 2, 2}, 0, {1}, {1, 1, 2, 2}},
      {"an overlap adds only what is new", {1, 1, 2}, 1, {1, 2, 2}, {1, 1, 2, 2}},
      {"a conflict at the start", {1, 2, 2}, 1, {3}, {1, 3}},
      {"a conflict behind a match", {1, 2, 2, 2}, 1, {2, 3}, {1, 2, 3}},
      {"a conflict at the end", {1, 1, 1}, 2, {2, 2}, {1, 1, 2, 2}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Log log = log_of(entries(c.log));
    log.merge(entries(c.message, c.prev + 1), 0);
    EXPECT_EQ(terms(log), c.merged);
  }
}

TEST(Log, ACommittedEntryIsNeverRemoved) {
  Log log = log_of(entries({1, 1, 2}));
  EXPECT_DEATH(log.merge(entries({3}, 2), 2), "a committed entry is never removed");
}

TEST(Log, AReplacedEntryIsSavedAgainAndNotDurableUntilItIs) {
  Log log = log_of(entries({1, 1, 1}));
  EXPECT_THAT(log.take_unsaved(), testing::IsEmpty());
  EXPECT_EQ(log.durable_index(), 3U);
  log.merge(entries({2}, 2), 1);
  EXPECT_EQ(log.durable_index(), 1U);
  EXPECT_EQ(log.take_unsaved(), entries({2}, 2));
  log.mark_durable({2, 2});
  EXPECT_EQ(log.durable_index(), 2U);
}

TEST(Log, AReportOfAReplacedEntrySaysNothingAboutItsReplacement) {
  Log log = log_of(entries({1}));
  log.merge(entries({1, 1}, 2), 0);
  log.merge(entries({2, 2}, 2), 0);
  log.mark_durable({1, 3});
  EXPECT_EQ(log.durable_index(), 1U);
  log.mark_durable({2, 3});
  log.mark_durable({2, 2});  // reports of the past take nothing back
  EXPECT_EQ(log.durable_index(), 3U);
}

TEST(Log, EntriesThatWereReplacedBeforeTheyWereSavedAreNotSaved) {
  Log log = log_of(entries({1}));
  log.merge(entries({1, 1}, 2), 0);
  log.merge(entries({2}, 2), 0);
  EXPECT_EQ(log.take_unsaved(), entries({2}, 2));
  EXPECT_THAT(log.take_unsaved(), testing::IsEmpty());
}

TEST(Log, ABatchHoldsWhatFitsAndAtLeastOneEntry) {
  const Log log = log_of(entries({1, 1, 1, 1}));  // one byte of command each
  EXPECT_EQ(log.batch(1, 0).size(), 1U);
  EXPECT_EQ(log.batch(1, 3).size(), 3U);
  EXPECT_EQ(log.batch(3, 100), entries({1, 1}, 3));
  EXPECT_THAT(log.batch(5, 100), testing::IsEmpty());
}

TEST(Log, AStoredLogWithAGapOrAFallingTermIsRefused) {
  std::vector<Entry> gap = entries({1, 1});
  gap.back().index = 3;
  EXPECT_THROW(log_of(gap), std::invalid_argument);
  EXPECT_THROW(log_of(entries({2, 1})), std::invalid_argument);
  EXPECT_THROW(log_of(entries({0})), std::invalid_argument);
}

// The binary searches against their slow, obvious twins, on many random logs.
TEST(Log, SearchesByTermAgreeWithALookAtEveryEntry) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<Term> drawn(random() % 12);
    for (Term& term : drawn) {
      term = 1 + random() % 5;
    }
    std::ranges::sort(drawn);
    const Log log = log_of(entries(drawn));
    for (Term term = 0; term <= 6; ++term) {
      std::optional<Index> last;
      for (Index index = 1; index <= drawn.size(); ++index) {
        last = drawn[index - 1] == term ? index : last;
      }
      ASSERT_EQ(log.last_index_of(term), last);
    }
    for (Index index = 1; index <= drawn.size(); ++index) {
      Index first = index;
      while (first > 1 && drawn[first - 2] == drawn[index - 1]) {
        --first;
      }
      ASSERT_EQ(log.first_index_of_term_at(index), first);
    }
  }
}

TEST(LogPosition, TheLaterTermWinsThenTheLongerLog) {
  EXPECT_GT((LogPosition{3, 1}), (LogPosition{2, 9}));
  EXPECT_GT((LogPosition{2, 9}), (LogPosition{2, 8}));
  EXPECT_EQ((LogPosition{2, 9}), (LogPosition{2, 9}));
}

}  // namespace
}  // namespace raftd::raft
