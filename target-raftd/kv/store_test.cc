#include "target-raftd/kv/store.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace raftd::kv {
namespace {

Command put(std::string key, std::string value) {
  return {std::nullopt, Put{std::move(key), std::move(value)}};
}

Command in_session(std::string session, std::uint64_t serial, Action action) {
  return {SessionSerial{std::move(session), serial}, std::move(action)};
}

std::string value_of(const Store& store, std::string_view key) {
  const auto value = store.get(key);
  return value ? value->value : "(absent)";
}

TEST(Store, AKeyHoldsWhatWasPutLastAndTheIndexOfThatCommand) {
  Store store;
  EXPECT_EQ(store.get("x"), std::nullopt);
  EXPECT_EQ(store.apply(3, put("x", "1")), (Result{.code = Code::done, .index = 3}));
  store.apply(5, put("x", "2"));
  EXPECT_EQ(store.get("x"), (Value{.value = "2", .created = 3, .modified = 5, .version = 2}));
  EXPECT_EQ(store.size(), 1U);
}

TEST(Store, ADeletedKeyIsAbsentAndDeletingItAgainIsDone) {
  Store store;
  store.apply(1, put("x", "1"));
  EXPECT_EQ(store.apply(2, {std::nullopt, Delete{"x"}}).code, Code::done);
  EXPECT_EQ(store.get("x"), std::nullopt);
  EXPECT_EQ(store.apply(3, {std::nullopt, Delete{"x"}}), (Result{.code = Code::done, .index = 3}));
}

TEST(Store, CompareAndSetWritesOnlyWhereTheKeyHoldsWhatWasExpected) {
  struct Case {
    const char* name;
    std::optional<std::string> held;
    std::optional<std::string> expected;
    bool done;
  };
  const std::vector<Case> cases = {
      {"equal", "1", "1", true},
      {"different", "1", "2", false},
      {"absent, and expected to be", std::nullopt, std::nullopt, true},
      {"absent, but expected to hold", std::nullopt, "1", false},
      {"held, but expected to be absent", "1", std::nullopt, false},
      {"an empty value is not absent", "", std::nullopt, false},
      {"an empty value is a value", "", "", true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Store store;
    if (c.held) {
      store.apply(1, put("x", *c.held));
    }
    const Result result = store.apply(2, {std::nullopt, CompareAndSet{"x", c.expected, "new"}});
    EXPECT_EQ(result.code, c.done ? Code::done : Code::mismatch);
    EXPECT_EQ(result.actual, c.done ? std::nullopt : c.held);
    EXPECT_EQ(value_of(store, "x"), c.done ? "new" : c.held.value_or("(absent)"));
  }
}

TEST(Session, ARetryGetsTheFirstResultAndTakesNoEffect) {
  Store store;
  store.apply(1, put("x", "1"));
  const Command cas = in_session("s", 1, CompareAndSet{"x", "1", "2"});
  const Result first = store.apply(2, cas);
  EXPECT_EQ(first, (Result{.code = Code::done, .index = 2}));
  store.apply(3, put("x", "1"));
  EXPECT_EQ(store.apply(4, cas), first);
  EXPECT_EQ(value_of(store, "x"), "1");
}

TEST(Session, ARetryOfAMismatchGetsTheSameMismatch) {
  Store store;
  const Command cas = in_session("s", 1, CompareAndSet{"x", "1", "2"});
  const Result first = store.apply(1, cas);
  store.apply(2, put("x", "1"));
  EXPECT_EQ(store.apply(3, cas), first);
  EXPECT_EQ(first.code, Code::mismatch);
}

TEST(Session, SerialsAreAnsweredByWhatWasAppliedBefore) {
  Store store;
  EXPECT_EQ(store.apply(1, in_session("s", 2, Put{"x", "early"})).code, Code::unknown_session);
  EXPECT_EQ(store.apply(2, in_session("s", 1, Put{"x", "a"})).code, Code::done);
  EXPECT_EQ(store.apply(3, in_session("s", 2, Put{"x", "b"})).code, Code::done);
  EXPECT_EQ(store.apply(4, in_session("s", 1, Put{"x", "late"})).code, Code::stale_serial);
  EXPECT_EQ(store.apply(5, in_session("other", 1, Put{"y", "c"})).code, Code::done);
  EXPECT_EQ(value_of(store, "x"), "b");
  EXPECT_EQ(store.session_count(), 2U);
}

TEST(Session, TheLeastRecentlyUsedOneExpiresAndARetryCountsAsUse) {
  Store store({.sessions = 2});
  store.apply(1, in_session("a", 1, Put{"x", "1"}));
  store.apply(2, in_session("b", 1, Put{"x", "2"}));
  store.apply(3, in_session("a", 1, Put{"x", "1"}));  // a retry
  store.apply(4, in_session("c", 1, Put{"x", "3"}));  // b goes
  EXPECT_EQ(store.session_count(), 2U);
  EXPECT_EQ(store.apply(5, in_session("b", 2, Put{"x", "4"})).code, Code::unknown_session);
  EXPECT_EQ(store.apply(6, in_session("a", 2, Put{"x", "5"})).code, Code::done);
}

TEST(StateHash, CoversKeysValuesIndexesAndSessions) {
  const auto hash_after = [](const std::vector<std::pair<std::uint64_t, Command>>& commands) {
    Store store;
    for (const auto& [index, command] : commands) {
      store.apply(index, command);
    }
    return store.state_hash();
  };
  const std::vector<std::uint64_t> hashes = {
      hash_after({}),
      hash_after({{1, put("x", "1")}}),
      hash_after({{2, put("x", "1")}}),
      hash_after({{1, put("x", "2")}}),
      hash_after({{1, put("x1", "")}}),
      hash_after({{1, put("", "x1")}}),
      hash_after({{1, put("x", "1")}, {2, put("y", "1")}}),
      hash_after({{1, in_session("s", 1, Put{"x", "1"})}}),
      hash_after({{1, in_session("s", 1, Put{"x", "1"})}, {2, in_session("s", 1, Put{"x", "1"})}}),
      hash_after({{1, in_session("t", 1, Put{"x", "1"})}}),
      hash_after({{1, put("x", "0")}, {2, put("x", "1")}}),
      hash_after({{1, put("x", "1")}, {2, {std::nullopt, Identify{1}}}}),
      hash_after({{1, put("x", "1")}, {2, {std::nullopt, Identify{2}}}}),
      hash_after({{1, put("x", "1")}, {2, put("y", "1")}, {3, {std::nullopt, Delete{"y"}}}}),
  };
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(hashes[i], hashes[j]) << j << " and " << i;
    }
  }
  EXPECT_EQ(hash_after({{1, put("x", "1")}, {2, {std::nullopt, Delete{"x"}}}, {3, put("y", "1")}}),
            hash_after({{3, put("y", "1")}}))
      << "equal states";
}

TEST(StateHash, IsTheSameOnEveryMachine) {
  Store store;
  store.apply(1, put("x", "1"));
  store.apply(2, in_session("s", 1, CompareAndSet{"x", "0", "2"}));
  EXPECT_EQ(store.state_hash(), 14079486538513756009U);
}

TEST(Store, AddKeepsADecimalIntegerAndRefusesWhatIsNone) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  struct Case {
    const char* name;
    std::optional<std::string> held;
    std::int64_t delta;
    std::optional<std::int64_t> sum;
  };
  const std::vector<Case> cases = {
      {"absent counts as zero", std::nullopt, 5, 5},
      {"a number", "-3", 1, -2},
      {"the greatest", std::to_string(most - 1), 1, most},
      {"overflow", std::to_string(most), 1, std::nullopt},
      {"underflow", std::to_string(std::numeric_limits<std::int64_t>::min()), -1, std::nullopt},
      {"too large to hold", "9223372036854775808", -1, std::nullopt},
      {"text", "x", 1, std::nullopt},
      {"a number and more", "1 ", 1, std::nullopt},
      {"a fraction", "1.5", 1, std::nullopt},
      {"an empty value", "", 1, std::nullopt},
      {"a plus sign", "+1", 1, std::nullopt},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Store store;
    if (c.held) {
      store.apply(1, put("x", *c.held));
    }
    const Result result = store.apply(2, {std::nullopt, Add{"x", c.delta}});
    EXPECT_EQ(result.code, c.sum ? Code::done : Code::not_a_number);
    EXPECT_EQ(result.sum, c.sum);
    EXPECT_EQ(result.actual, c.sum ? std::nullopt : c.held);
    EXPECT_EQ(value_of(store, "x"), c.sum ? std::to_string(*c.sum) : *c.held);
  }
}

TEST(Store, ATransactionTakesOneBranchAndItsOperationsSeeThoseBeforeThem) {
  Store store;
  store.apply(1, put("x", "1"));
  const Txn txn{{{"x", Compare::Holds{"1"}}, {"y", Compare::Absent{}}},
                {Put{"y", "2"}, Get{"y"}, Delete{"x"}, Get{"x"}},
                {Get{"x"}, Get{"y"}}};
  EXPECT_EQ(store.apply(2, {std::nullopt, txn}).txn,
            (TxnResult{true, {std::nullopt, Value{"2", 2, 2, 1}, std::nullopt, std::nullopt}}));
  EXPECT_EQ(store.apply(3, {std::nullopt, txn}).txn, (TxnResult{false, {std::nullopt, Value{"2", 2, 2, 1}}}));
  EXPECT_EQ(store.revision(), 2U) << "a transaction that only reads makes no revision";
}

TEST(Store, ACompareOfATransactionHoldsOrNot) {
  Store store;
  store.apply(4, put("x", "1"));
  store.apply(6, put("x", "2"));
  struct Case {
    Compare compare;
    bool holds;
  };
  const std::vector<Case> cases = {
      {{"x", Compare::Holds{"2"}}, true},   {{"x", Compare::Holds{"1"}}, false}, {{"y", Compare::Holds{""}}, false},
      {{"x", Compare::Absent{}}, false},    {{"y", Compare::Absent{}}, true},    {{"x", Compare::Modified{6}}, true},
      {{"x", Compare::Modified{4}}, false}, {{"y", Compare::Modified{0}}, true}, {{"x", Compare::Version{2}}, true},
      {{"x", Compare::Version{6}}, false},  {{"y", Compare::Version{0}}, true},  {{"y", Compare::Version{1}}, false},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(store.apply(10 + i, {std::nullopt, Txn{{cases[i].compare}, {}, {}}}).txn->succeeded, cases[i].holds) << i;
  }
}

TEST(Store, ARevisionIsTheIndexOfTheLastCommandThatChangedAKey) {
  Store store;
  store.apply(3, put("x", "1"));
  EXPECT_EQ(store.revision(), 3U);
  store.apply(4, {std::nullopt, Delete{"y"}});
  store.apply(5, {std::nullopt, CompareAndSet{"x", "0", "2"}});
  store.apply(6, {std::nullopt, Identify{1}});
  EXPECT_EQ(store.revision(), 3U);
  store.apply(7, {std::nullopt, Delete{"x"}});
  EXPECT_EQ(store.revision(), 7U);
  store.apply(8, put("x", "1"));
  EXPECT_EQ(store.get("x"), (Value{.value = "1", .created = 8, .modified = 8, .version = 1}));
}

TEST(Store, TheFirstIncarnationWins) {
  Store store;
  EXPECT_EQ(store.incarnation(), 0U);
  EXPECT_EQ(store.apply(1, {std::nullopt, Identify{7}}).code, Code::done);
  EXPECT_EQ(store.apply(2, {std::nullopt, Identify{8}}), (Result{.code = Code::mismatch, .index = 2, .actual = "7"}));
  EXPECT_EQ(store.apply(3, {std::nullopt, Identify{7}}).code, Code::done);
  EXPECT_EQ(store.incarnation(), 7U);
}

TEST(Session, ARetryOfAnAddOrTransactionGetsTheWholeFirstAnswer) {
  Store store;
  const Command add = in_session("s", 1, Add{"x", 2});
  const Result sum = store.apply(1, add);
  store.apply(2, put("x", "40"));
  EXPECT_EQ(store.apply(3, add), sum);
  const Command txn = in_session("s", 2, Txn{{}, {Get{"x"}, Delete{"x"}}, {}});
  const Result first = store.apply(4, txn);
  EXPECT_EQ(store.apply(5, txn), first);
  EXPECT_EQ(first.txn->operations[0]->value, "40");
}

// The bound that command.h states, and the way out of it.
TEST(Session, AForgottenOneIsTakenForANewOneAtSerialOneOnly) {
  Store store({.sessions = 1});
  store.apply(1, in_session("a", 1, Add{"x", 1}));
  store.apply(2, in_session("b", 1, Txn{}));
  EXPECT_EQ(store.apply(3, in_session("a", 1, Add{"x", 1})).sum, 2);
  store.apply(4, in_session("a", 2, Add{"x", 1}));
  store.apply(5, in_session("b", 1, Txn{}));
  EXPECT_EQ(store.apply(6, in_session("a", 2, Add{"x", 1})).code, Code::unknown_session);
  EXPECT_EQ(value_of(store, "x"), "3");
}

}  // namespace
}  // namespace raftd::kv
