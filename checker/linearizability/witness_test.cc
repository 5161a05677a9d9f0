// The words of witnesses, pinned for violations of every model; and what a witness claims holds.

#include "checker/linearizability/witness.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "checker/formats/history_reader.h"
#include "checker/linearizability/orders.h"
#include "checker/linearizability/second_opinion.h"
#include "checker/testing/generator.h"
#include "checker/testing/histories.h"
#include "checker/testing/model_histories.h"

namespace ordeal::checker {
namespace {

std::optional<Witness> witness_of(const std::string& history, ModelName model, const Value& initial = {}) {
  LinearizableOptions options;
  options.model = model;
  options.initial = initial;
  return check_linearizable(history_of(history), options).finding.witness;
}

struct Case {
  ModelName model;
  std::string history;
  std::string explanation;
  std::vector<std::string> last_states;
  std::string blocks;
  std::vector<std::uint64_t> order;
};

TEST(Witness, SaysInWordsWhatIsWrong) {
  const std::vector<Case> cases = {
      {ModelName::register_,
       "0 invoke write 1; 0 ok write; 1 invoke write 2; 1 ok write; 2 invoke read; 2 ok read 1",
       "Process 2 read 1 (events 4 to 5), although process 1 had already overwritten it with 2 before that read began: "
       "1 came from process 0's write of 1 (events 0 to 1); after that had returned came process 1's write of 2 "
       "(events 2 to 3); only then was event 4, the call of the read. Nothing else that was called before event 5 can "
       "have brought 1 back.",
       {"the register could be 2; reading 1 is refused: it holds 2"},
       "1 was there before 2: process 0's write of 1 had returned (event 1) before process 1's write of 2 was called "
       "(event 2). And yet 2 was there before 1: process 1's write of 2 had returned (event 3) before process 2's read "
       "of 1 was called (event 4). Each of them was written once, so it was not there twice.",
       {0, 2}},
      {ModelName::register_,
       "0 invoke write 1; 1 invoke write 2; 2 invoke read; 2 ok read 1; 2 invoke read; 2 ok read 2; 2 invoke read; 2 "
       "ok read 1",
       "Process 2 read 1 (events 6 to 7), although process 2 had already seen 2 in its place before that read began: 1 "
       "came from process 0's write of 1 (called at event 0, outcome unknown) and was there no later than process 2's "
       "read of 1 (events 2 to 3); after that had returned came process 2's read of 2 (events 4 to 5); only then was "
       "event 6, the call of the read. Nothing else that was called before event 7 can have brought 1 back.",
       {"the register could be 2; reading 1 is refused: it holds 2"},
       "1 was there before 2: process 2's read of 1 had returned (event 3) before process 2's read of 2 was called "
       "(event 4). And yet 2 was there before 1: process 2's read of 2 had returned (event 5) before process 2's read "
       "of 1 was called (event 6). Each of them was written once, so it was not there twice.",
       {0, 2, 1, 4}},
      {ModelName::register_,
       "0 invoke write 1; 0 ok write; 2 invoke read; 2 ok read nil",
       "Process 2 read nil (events 2 to 3), although process 0 had already overwritten it with 1 before that read "
       "began: nil is the initial value, process 0's write of 1 (events 0 to 1) had returned, and nothing that was "
       "called before event 3 writes nil.",
       {"the register could be 1; reading nil is refused: it holds 1"},
       "nil was there first: it is the initial value. And yet 1 was there before nil: process 0's write of 1 had "
       "returned (event 1) before process 2's read of nil was called (event 2). Nobody writes nil, so it was not there "
       "twice.",
       {0}},
      {ModelName::register_,
       "0 invoke write 1; 0 ok write; 7 invoke write 4; 1 invoke read; 1 ok read 9",
       "Process 1 read 9 (events 3 to 4), although nobody ever wrote 9.",
       {"the register could be 1 (process 7's write of 4 may still take effect); reading 9 is refused: it holds 1",
        "the register could be 4 (if process 7's write of 4 took effect); reading 9 is refused: it holds 4"},
       "",
       {}},
      {ModelName::register_,
       "0 invoke write 1; 1 invoke write 2; 0 ok write; 1 ok write; 2 invoke read; 3 invoke read; 2 ok read 1; 3 ok "
       "read 2",
       "Process 3's read of 2 (events 5 to 7) cannot have happened. Everything up to event 6 can be put into an order "
       "that the model register allows; its return at event 7 cannot. Just before, the register could be 1; reading 2 "
       "is refused: it holds 1. 1 was there before 2: process 0's write of 1 had returned (event 2) before process 3's "
       "read of 2 was called (event 5). And yet 2 was there before 1: process 1's write of 2 had returned (event 3) "
       "before process 2's read of 1 was called (event 4). Each of them was written once, so it was not there twice.",
       {"the register could be 1; reading 2 is refused: it holds 1"},
       "1 was there before 2: process 0's write of 1 had returned (event 2) before process 3's read of 2 was called "
       "(event 5). And yet 2 was there before 1: process 1's write of 2 had returned (event 3) before process 2's read "
       "of 1 was called (event 4). Each of them was written once, so it was not there twice.",
       {1, 0, 4}},
      {ModelName::cas_register,
       "0 invoke cas [1 2]; 0 ok cas",
       "Process 0's cas from 1 to 2 succeeded (events 0 to 1), so it found 1, although nobody ever wrote 1.",
       {"the register could be nil; a cas that expects 1 is refused: it holds nil"},
       "",
       {}},
      {ModelName::cas_register,
       "0 invoke write 1; 0 ok write; 1 invoke cas [1 2]; 2 invoke cas [1 3]; 1 ok cas; 2 ok cas",
       "Process 2's cas from 1 to 3 succeeded (events 3 to 5), so it found 1; but process 1's cas from 1 to 2 (events "
       "2 to 4) had found it, too. Each of the two replaced 1, which was there only once.",
       {"the register could be 2; a cas that expects 1 is refused: it holds 2"},
       "",
       {0, 2}},
      {ModelName::cas_register,
       "0 invoke write 1; 0 ok write; 1 invoke cas [1 2]; 1 ok cas; 2 invoke read; 2 ok read 1",
       "Process 2 read 1 (events 4 to 5), although process 1 had already overwritten it with 2 before that read began: "
       "1 came from process 0's write of 1 (events 0 to 1); after that had returned came process 1's cas from 1 to 2 "
       "(events 2 to 3); only then was event 4, the call of the read. Nothing else that was called before event 5 can "
       "have brought 1 back.",
       {"the register could be 2; reading 1 is refused: it holds 2"},
       "1 was there before 2: process 0's write of 1 had returned (event 1) before process 1's cas from 1 to 2 was "
       "called (event 2). And yet 2 was there before 1: process 1's cas from 1 to 2 had returned (event 3) before "
       "process 2's read of 1 was called (event 4). Each of them was written once, so it was not there twice.",
       {0, 2}},
      {ModelName::cas_register,
       "0 invoke write 1; 0 ok write; 1 invoke cas [1 2]; 1 fail cas [1 2] mismatch",
       "Process 1's failed cas from 1 to 2 (events 2 to 3) cannot have happened. Everything up to event 2 can be put "
       "into an order that the model cas-register allows; its return at event 3 cannot. Just before, the register "
       "could be 1; a cas that fails because the value is not 1 is refused: it holds 1. No order of the 2 operations "
       "that matter, in which each comes after those that had returned before it was called, avoids this.",
       {"the register could be 1; a cas that fails because the value is not 1 is refused: it holds 1"},
       "",
       {0}},
      {ModelName::mutex,
       "0 invoke acquire; 0 ok acquire; 1 invoke acquire; 1 ok acquire",
       "Process 1's acquire (events 2 to 3) cannot have happened. Everything up to event 2 can be put into an order "
       "that the model mutex allows; its return at event 3 cannot. Just before, the lock could be held; acquiring is "
       "refused: it is held. No order of the 2 operations that matter, in which each comes after those that had "
       "returned before it was called, avoids this.",
       {"the lock could be held; acquiring is refused: it is held"},
       "",
       {0}},
      {ModelName::mutex,
       "0 invoke release; 0 ok release",
       "Process 0's release (events 0 to 1) cannot have happened. Everything up to event 0 can be put into an order "
       "that the model mutex allows; its return at event 1 cannot. Just before, the lock could be free; releasing is "
       "refused: it is free.",
       {"the lock could be free; releasing is refused: it is free"},
       "",
       {}},
      {ModelName::mutex,
       "0 invoke acquire; 0 ok acquire; 0 invoke release; 0 info release; 1 invoke acquire; 1 ok acquire; 2 invoke "
       "acquire; 2 ok acquire",
       "Process 2's acquire (events 6 to 7) cannot have happened. Everything up to event 6 can be put into an order "
       "that the model mutex allows; its return at event 7 cannot. Just before, the lock could be held; acquiring is "
       "refused: it is held. No order of the 4 operations that matter, in which each comes after those that had "
       "returned before it was called, avoids this.",
       {"the lock could be held; acquiring is refused: it is held"},
       "",
       {0, 2, 4}},
      {ModelName::owned_mutex,
       "0 invoke acquire; 0 ok acquire; 1 invoke release; 1 ok release",
       "Process 1's release (events 2 to 3) cannot have happened. Everything up to event 2 can be put into an order "
       "that the model owned-mutex allows; its return at event 3 cannot. Just before, the lock could be held by 0; "
       "releasing is refused: it is held by 0.",
       {"the lock could be held by 0; releasing is refused: it is held by 0"},
       "",
       {}},
      {ModelName::kv_append,
       "0 invoke append a; 0 ok append; 1 invoke append b; 1 ok append; 2 invoke get; 2 ok get ba",
       "Process 2's get of \"ba\" (events 4 to 5) cannot have happened. Everything up to event 4 can be put into an "
       "order that the model kv-append allows; its return at event 5 cannot. Just before, the key could be \"ab\"; "
       "reading \"ba\" is refused: it holds \"ab\". No order of the 3 operations that matter, in which each comes "
       "after those that had returned before it was called, avoids this.",
       {"the key could be \"ab\"; reading \"ba\" is refused: it holds \"ab\""},
       "",
       {0, 2}},
      {ModelName::kv_append,
       "0 invoke put a; 0 ok put; 1 invoke append b; 1 ok append; 2 invoke get; 2 ok get a",
       "Process 2's get of \"a\" (events 4 to 5) cannot have happened. Everything up to event 4 can be put into an "
       "order that the model kv-append allows; its return at event 5 cannot. Just before, the key could be \"ab\"; "
       "reading \"a\" is refused: it holds \"ab\". No order of the 3 operations that matter, in which each comes after "
       "those that had returned before it was called, avoids this.",
       {"the key could be \"ab\"; reading \"a\" is refused: it holds \"ab\""},
       "",
       {0, 2}},
      {ModelName::kv_append,
       "0 invoke append a; 1 invoke append b; 0 ok append; 1 ok append; 2 invoke get; 2 ok get ab; 2 invoke get; 2 ok "
       "get ba",
       "Process 2's get of \"ba\" (events 6 to 7) cannot have happened. Everything up to event 6 can be put into an "
       "order that the model kv-append allows; its return at event 7 cannot. Just before, the key could be \"ab\"; "
       "reading \"ba\" is refused: it holds \"ab\". No order of the 4 operations that matter, in which each comes "
       "after those that had returned before it was called, avoids this.",
       {"the key could be \"ab\"; reading \"ba\" is refused: it holds \"ab\""},
       "",
       {0, 1, 4}},
      {ModelName::kv,
       "0 invoke put 1; 0 ok put; 1 invoke delete; 1 ok delete; 2 invoke get; 2 ok get 1",
       "Process 2 read 1 (events 4 to 5), although process 1 had already overwritten it with nil before that get "
       "began: 1 came from process 0's put of 1 (events 0 to 1); after that had returned came process 1's delete "
       "(events 2 to 3); only then was event 4, the call of the get. Nothing else that was called before event 5 can "
       "have brought 1 back.",
       {"the key could be nil; reading 1 is refused: it holds nil"},
       "",
       {0, 2}},
      {ModelName::kv,
       "0 invoke put 1; 0 ok put; 1 invoke get; 1 ok get nil",
       "Process 1 read nil (events 2 to 3), although process 0 had already overwritten it with 1 before that get "
       "began: nil is the initial value, process 0's put of 1 (events 0 to 1) had returned, and nothing that was "
       "called before event 3 writes nil.",
       {"the key could be 1; reading nil is refused: it holds 1"},
       "nil was there first: it is the initial value. And yet 1 was there before nil: process 0's put of 1 had "
       "returned (event 1) before process 1's get of nil was called (event 2). Nobody writes nil, so it was not there "
       "twice.",
       {0}},
      {ModelName::list_append,
       "0 invoke append 1; 0 ok append; 1 invoke append 2; 1 ok append; 2 invoke read; 2 ok read [2 1]",
       "Process 2's read of [2, 1] (events 4 to 5) cannot have happened. Everything up to event 4 can be put into an "
       "order that the model list-append allows; its return at event 5 cannot. Just before, the list could be [1, 2]; "
       "reading [2, 1] is refused: it holds [1, 2]. No order of the 3 operations that matter, in which each comes "
       "after those that had returned before it was called, avoids this.",
       {"the list could be [1, 2]; reading [2, 1] is refused: it holds [1, 2]"},
       "",
       {0, 2}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.history);
    const std::optional<Witness> witness = witness_of(c.history, c.model);
    ASSERT_TRUE(witness.has_value());
    EXPECT_EQ(witness->explanation, c.explanation);
    EXPECT_EQ(witness->last_states, c.last_states);
    EXPECT_EQ(witness->blocks ? witness->blocks->sentence : "", c.blocks);
    EXPECT_EQ(witness->order, c.order);
    EXPECT_EQ(witness->confirmed, true);
    EXPECT_EQ(witness->begins, "");
    EXPECT_LE(witness->blocks ? witness->blocks->operations.size() : 0, 4U);
  }
}

constexpr std::uint64_t plenty = 20'000'000;
constexpr std::size_t few = 24;  // operations
constexpr ModelName models[] = {ModelName::register_,  ModelName::cas_register, ModelName::kv,
                                ModelName::mutex,      ModelName::owned_mutex,  ModelName::kv_append,
                                ModelName::list_append};

// Whether the object can be in `state` when the events before `position` have passed, of which `refused` is none.
bool possible(KeyHistory& key, std::uint32_t position, std::uint32_t refused, const std::string& state) {
  std::vector<PreparedOperation> operations = prefix(key.prepared, position);
  std::erase_if(operations, [&](const PreparedOperation& operation) { return operation.source == refused; });
  // A state that only steps make is not known yet.
  if (key.model->name == ModelName::kv_append || key.model->name == ModelName::list_append) {
    key.known_states.id_of(parse_value(state.substr(state.find("be ") + 3)));
  }
  for (StateId id = 0; id < key.known_states.size(); ++id) {
    if (state != fmt::format("the {} could be {}", key.model->noun, state_text(*key.model, key.known_states[id])))
      continue;
    operations.push_back({.called = position + 1, .returned = position + 2, .needs = id});
    if (operations.size() <= few) return *second_opinion(key.problem(operations), plenty);
    Budget budget({}, {}, std::size_t{4} << 30);
    return search(key.problem(operations), budget).answer == SearchResult::Answer::linearizable;
  }
  return false;
}

TEST(Witness, OfAnyModelIsConfirmedAndItsStatesWerePossible) {
  std::mt19937_64 random(31);
  for (const ModelName model : models) {
    SCOPED_TRACE(to_string(model));
    LinearizableOptions options;
    options.model = model;
    std::size_t violations = 0, states = 0;
    for (int round = 0; round < 3'000; ++round) {
      const History history = model_history(random, {.model = model, .most_operations = 12, .wrong_percent = 100});
      const std::optional<Witness> witness = check_linearizable(history, options).finding.witness;
      if (!witness) continue;
      ++violations;
      ASSERT_EQ(witness->confirmed, true);
      ASSERT_FALSE(witness->explanation.empty());
      ASSERT_LE(witness->last_states.size(), 5U);
      if (!model_of(model).keys_are_independent) continue;
      History own = history;
      std::erase_if(own, [&](const Event& event) { return event.key != witness->key; });
      const std::vector<Operation> operations = pair_operations(own);
      KeyHistory key = prepare(operations, options);
      const auto found = std::find(key.event_indices.begin(), key.event_indices.end(), witness->completion.index);
      const auto position = static_cast<std::uint32_t>(found - key.event_indices.begin());
      const std::uint32_t refused = key.prepared[returning_at(key, position)].source;
      for (const LastState& state : witness->states) {
        ASSERT_TRUE(possible(key, position, refused, state.state)) << state.state;
        ++states;
      }
    }
    EXPECT_GT(violations, 300U);
    EXPECT_GT(states, model_of(model).keys_are_independent ? 300U : 0U);
  }
}

// Of a long history the last operations are put in all orders, behind one order of the others.
TEST(Witness, OfALongHistorySaysOnlyStatesThatWerePossible) {
  std::size_t states = 0, several = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    const History history = generated_history({.operations = 1'200,
                                               .processes = 3 + seed % 8,
                                               .cas_percent = 20,
                                               .values = 5,
                                               .info_percent = seed % 3 == 0 ? 2U : 0U,
                                               .plant = Plant::stale_read,
                                               .plant_at = 600},
                                              seed);
    LinearizableOptions options;
    const std::optional<Witness> witness = check_linearizable(history, options).finding.witness;
    if (!witness) continue;
    History own = history;
    std::erase_if(own, [&](const Event& event) { return event.key != witness->key; });
    const std::vector<Operation> operations = pair_operations(own);
    KeyHistory key = prepare(operations, options);
    const auto found = std::find(key.event_indices.begin(), key.event_indices.end(), witness->completion.index);
    const auto position = static_cast<std::uint32_t>(found - key.event_indices.begin());
    const std::uint32_t refused = key.prepared[returning_at(key, position)].source;
    for (const LastState& state : witness->states) {
      ASSERT_TRUE(possible(key, position, refused, state.state)) << state.state;
    }
    states += witness->states.size();
    several += witness->states.size() > 1 ? 1 : 0;
  }
  EXPECT_GT(states, 30U);
  EXPECT_GT(several, 10U);
}

// Each order is replayed by orders_of; here only that there is one whenever the history is valid.
TEST(Orders, AreFoundForWhateverIsValid) {
  std::mt19937_64 random(37);
  for (const ModelName model : models) {
    SCOPED_TRACE(to_string(model));
    LinearizableOptions options;
    options.model = model;
    std::size_t valid = 0;
    for (int round = 0; round < 3'000; ++round) {
      const History history = model_history(random, {.model = model, .most_operations = 12, .wrong_percent = 30});
      const bool holds = check_linearizable(history, options).finding.verdict == Verdict::valid;
      const std::vector<ObjectOrder> orders = orders_of(history, options);
      const bool all =
          std::all_of(orders.begin(), orders.end(), [](const ObjectOrder& order) { return order.verified; });
      ASSERT_EQ(all, holds);
      valid += holds ? 1 : 0;
    }
    EXPECT_GT(valid, 300U);
  }
}

TEST(Witness, TakesAChainOfCasForOneBlock) {
  const std::optional<Witness> witness = witness_of(
      "1 invoke write 38; 16 invoke write 40; 1 ok write; 2 invoke cas [38 41]; 3 invoke read; 2 ok cas; 3 ok read 40;"
      "4 invoke read; 4 ok read 41",
      ModelName::cas_register);
  ASSERT_TRUE(witness.has_value() && witness->blocks.has_value());
  EXPECT_EQ(witness->blocks->sentence,
            "38 then 41 was there before 40: process 1's write of 38 had returned (event 2) before process 3's read of "
            "40 was called (event 4). And yet 40 was there before 38 then 41: process 3's read of 40 had returned "
            "(event 6) before process 4's read of 41 was called (event 7). Each value was written once, and a cas "
            "replaces one at once, so it was not there twice.");
  EXPECT_EQ(witness->blocks->operations, (std::vector<std::uint64_t>{0, 4, 7}));
}

TEST(Witness, SaysHowMuchOfTheHistoryItTakes) {
  const std::optional<Witness> witness = witness_of(
      "0 invoke write 1; 0 ok write; 3 invoke read; 3 ok read 1; 1 invoke write 2; 1 ok write; 2 invoke read; 2 ok "
      "read 1; 2 invoke write 7; 2 ok write",
      ModelName::register_);
  ASSERT_TRUE(witness.has_value());
  EXPECT_EQ(witness->completion.index, 7U);
  EXPECT_EQ(witness->prefix_operations, 4U);
  EXPECT_EQ(witness->operations_in_all, 3U);
}

TEST(Witness, OfALongLockHistoryBeginsWhereTheLockWasSeen) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "1 invoke acquire; 1 ok acquire; 1 invoke release; 1 ok release;";
  const std::optional<Witness> witness =
      witness_of(text + "1 invoke acquire; 1 ok acquire; 2 invoke acquire; 2 ok acquire", ModelName::mutex);
  ASSERT_TRUE(witness.has_value());
  EXPECT_EQ(witness->confirmed, true);
  EXPECT_EQ(witness->operations_in_all, 2U);
  EXPECT_EQ(witness->begins, "the lock being free, as process 1's acquire (events 2000 to 2001) shows");
  EXPECT_THAT(witness->explanation, testing::HasSubstr("The operations that matter begin with the lock being free"));
}

}  // namespace
}  // namespace ordeal::checker
