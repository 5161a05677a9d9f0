#include "checker/history.h"

#include <gtest/gtest.h>

#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

TEST(Pairing, JoinsEachCallWithItsReturn) {
  const History history = history_of("0 invoke write 1; 1 invoke read; 0 ok write 1; 2 invoke write 5; 2 info write");
  const std::vector<Operation> operations = pair_operations(history);
  ASSERT_EQ(operations.size(), 3U);
  EXPECT_EQ(operations[0].call, &history[0]);
  EXPECT_EQ(operations[0].completion, &history[2]);
  EXPECT_EQ(operations[0].returned, 2U);
  EXPECT_EQ(operations[0].outcome, EventType::ok);
  EXPECT_EQ(operations[1].completion, nullptr);
  EXPECT_EQ(operations[1].outcome, EventType::info) << "a call without a return";
  EXPECT_EQ(operations[2].outcome, EventType::info);
}

TEST(Pairing, PassesOverTheNemesis) {
  History history = history_of("0 invoke write 1; 0 ok write 1");
  history.insert(history.begin() + 1,
                 Event{.index = 0, .process = nemesis_process, .type = EventType::info, .f = "kill"});
  for (std::size_t i = 0; i < history.size(); ++i) history[i].index = i;
  EXPECT_EQ(pair_operations(history).size(), 1U);
}

TEST(Pairing, RefusesMalformedHistoriesWithIndexAndCure) {
  struct Case {
    std::string history;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"0 ok read 1",
       "event 0: process 0 completes read without a call that is open; each completion needs its own invoke before it"},
      {"3 invoke write 1; 3 invoke read",
       "event 1: process 3 calls read while its write of event 0 is still open; a process does one operation at a "
       "time: "
       "complete the first with ok, fail or info, or use another number"},
      {"3 invoke write 1; 3 info write; 3 invoke read",
       "event 2: process 3 calls read although its write of event 0 ended as info and may still be running; go on "
       "under "
       "a process number that was never used"},
      {"3 invoke write 1; 3 info write; 3 ok write",
       "event 2: process 3 completes write without a call that is open (its write of event 0 ended as info, which is "
       "final); each completion needs its own invoke before it"},
      {"3 invoke write 1; 3 ok read 1",
       "event 1: process 3 completes read with no key, but the call of event 0 was write with no key; a completion "
       "repeats the f and the key of its call"},
      {"-5 invoke write 1", "event 0: the process is -5; processes are numbered from 0"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.history);
    try {
      pair_operations(history_of(c.history));
      ADD_FAILURE() << "was accepted";
    } catch (const MalformedHistory& error) {
      EXPECT_EQ(error.what(), c.message);
    }
  }
}

TEST(Pairing, RefusesIndicesThatDoNotGrow) {
  History history = history_of("0 invoke write 1; 0 ok write 1");
  history[1].index = 0;
  EXPECT_THROW(pair_operations(history), MalformedHistory);
}

TEST(Operations, AreDescribedByWhatTheyDidAndSaw) {
  struct Case {
    const char* history;
    const char* words;
  };
  const std::vector<Case> cases = {
      {"3 invoke write 41; 3 ok write 41", "process 3's write of 41"},
      {"3 invoke read; 3 ok read 41", "process 3's read of 41"},
      {"3 invoke read; 3 info read", "process 3's read"},
      {"3 invoke cas [4 5]; 3 fail cas [4 5] mismatch", "process 3's failed cas from 4 to 5"},
      {"3 invoke acquire; 3 ok acquire", "process 3's acquire"},
      {"3 invoke txn [1]; 3 ok txn [2]", "process 3's txn of [2]"},
      {"3 invoke txn [1]; 3 info txn", "process 3's txn of [1]"},
  };
  for (const Case& c : cases) {
    const History history = history_of(c.history);
    EXPECT_EQ(describe(pair_operations(history).front()), c.words);
  }
}

}  // namespace
}  // namespace ordeal::checker
