#include "checker/models/guess.h"

#include <gtest/gtest.h>

#include "checker/testing/histories.h"

namespace ordeal::checker {
namespace {

TEST(GuessedModel, FollowsFromWhatTheEventsHold) {
  struct Case {
    std::string history;
    std::optional<ModelName> model;
    Value initial;
    std::string why;
  };
  const std::vector<Case> cases = {
      {"", ModelName::cas_register, {}, "cas-register, because it reads, writes or compares and sets"},
      {"0 invoke read; 0 ok read 0; 0 invoke write 1; 0 ok write 1", ModelName::cas_register, 0,
       "cas-register, because it reads, writes or compares and sets; it begins with 0, which was read at event 1, "
       "before "
       "anything was written"},
      {"0 invoke write 1; 1 invoke read; 1 ok read 0; 0 ok write 1",
       ModelName::cas_register,
       {},
       "cas-register, because it reads, writes or compares and sets"},
      {"0 invoke read; 0 ok read 1; 0 invoke read; 0 ok read 2",
       ModelName::cas_register,
       {},
       "cas-register, because it reads, writes or compares and sets"},
      {"0 invoke put 1; 0 ok put; 0 invoke delete; 0 ok delete",
       ModelName::kv,
       {},
       "kv, because it gets, puts or deletes keys"},
      {"0 invoke acquire; 0 ok acquire",
       ModelName::mutex,
       {},
       "mutex, because it acquires and releases; owned-mutex would also ask who releases"},
      {"0 invoke append a; 0 ok append a; 1 invoke get; 1 ok get a",
       ModelName::kv_append,
       {},
       "kv-append, because it appends to strings"},
      {"0 invoke append 1; 0 ok append 1; 1 invoke read; 1 ok read [1]",
       ModelName::list_append,
       {},
       "list-append, because it appends elements to lists"},
      {"0 invoke txn; 0 ok txn",
       ModelName::multi_register,
       {},
       "multi-register, because it reads and writes several registers in transactions"},
      {"0 invoke enqueue 1; 0 ok enqueue 1",
       std::nullopt,
       {},
       "no model, because none knows \"enqueue\"; name one with --model"},
      {"0 invoke acquire; 1 invoke read",
       std::nullopt,
       {},
       "no model, because none knows all of its operations together; name one with --model"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.history);
    const History history = history_of(c.history);
    HistorySource source(history);
    const ModelGuess guess = guess_model(source);
    EXPECT_EQ(guess.model, c.model);
    EXPECT_EQ(guess.initial, c.initial);
    EXPECT_EQ(guess.why, c.why);
  }
}

TEST(GuessedModel, KnowsRevisionsAndMapsOfRegistersByTheirAnswers) {
  const auto answered = [](const std::string& f, const Value& argument, const Value& answer) {
    History history = history_of("0 invoke " + f + "; 0 ok " + f);
    history[0].value = argument;
    history[1].value = answer;
    HistorySource source(history);
    return guess_model(source).model;
  };
  EXPECT_EQ(answered("put", 1, Map{{"revision", 2}}), ModelName::kv_revisions);
  EXPECT_EQ(answered("put", 1, 1), ModelName::kv);
  EXPECT_EQ(answered("write", Map{{"x", 1}}, Map{{"x", 1}}), ModelName::cas_register);  // a register may hold maps
}

TEST(GuessedModel, LeavesTheSourceAtItsBegin) {
  const History history = history_of("0 invoke read; 0 ok read 1");
  HistorySource source(history);
  guess_model(source);
  EXPECT_EQ(source.next().size(), 2U);
}

}  // namespace
}  // namespace ordeal::checker
