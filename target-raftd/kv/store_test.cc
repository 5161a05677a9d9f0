#include "target-raftd/kv/store.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
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
  EXPECT_EQ(store.get("x"), (Store::Value{"2", 5}));
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
  };
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(hashes[i], hashes[j]) << j << " and " << i;
    }
  }
  EXPECT_EQ(hash_after({{1, put("x", "1")}, {2, {std::nullopt, Delete{"x"}}}}), hash_after({})) << "equal states";
}

TEST(StateHash, IsTheSameOnEveryMachine) {
  Store store;
  store.apply(1, put("x", "1"));
  store.apply(2, in_session("s", 1, CompareAndSet{"x", "0", "2"}));
  EXPECT_EQ(store.state_hash(), 2888786719213611755U);
}

// The store written down in the most obvious way: sessions are searched from end to end, and nothing is kept up to
// date.
struct Twin {
  struct Session {
    std::string name;
    std::uint64_t serial = 0;
    Result result;
  };

  Result perform(std::uint64_t index, const Action& action) {
    if (const auto* one = std::get_if<Put>(&action)) {
      values[one->key] = {one->value, index};
    } else if (const auto* two = std::get_if<Delete>(&action)) {
      values.erase(two->key);
    } else {
      const auto& cas = std::get<CompareAndSet>(action);
      const auto held = values.contains(cas.key) ? std::optional(values[cas.key].value) : std::nullopt;
      if (held != cas.expected) {
        return {.code = Code::mismatch, .index = index, .actual = held};
      }
      values[cas.key] = {cas.value, index};
    }
    return {.code = Code::done, .index = index};
  }

  Result apply(std::uint64_t index, const Command& command) {
    if (!command.session) {
      return perform(index, command.action);
    }
    std::size_t i = 0;
    while (i < sessions.size() && sessions[i].name != command.session->session) {
      ++i;
    }
    if (i == sessions.size() && command.session->serial > 1) {
      return {.code = Code::unknown_session, .index = index};
    }
    Session session = i == sessions.size() ? Session{command.session->session, 0, {}} : sessions[i];
    sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(i),
                   sessions.begin() + static_cast<std::ptrdiff_t>(std::min(i + 1, sessions.size())));
    Result result = session.result;
    if (command.session->serial < session.serial) {
      result = {.code = Code::stale_serial, .index = index};
    } else if (command.session->serial > session.serial) {
      session.serial = command.session->serial;
      result = session.result = perform(index, command.action);
    }
    sessions.push_back(session);  // the most recently used is the last
    if (sessions.size() > 3) {
      sessions.erase(sessions.begin());
    }
    return result;
  }

  std::map<std::string, Store::Value> values;
  std::vector<Session> sessions;
};

Command draw_command(std::mt19937_64& random) {
  const auto letter = [&random](char first, unsigned n) {
    return std::string(1, static_cast<char>(first + static_cast<char>(random() % n)));
  };
  Command command;
  switch (random() % 4) {
    case 0:
      command.action = Delete{letter('x', 3)};
      break;
    case 1:
      command.action = CompareAndSet{letter('x', 3), std::nullopt, letter('0', 3)};
      break;
    case 2:
      command.action = CompareAndSet{letter('x', 3), letter('0', 3), letter('0', 3)};
      break;
    default:
      command.action = Put{letter('x', 3), letter('0', 3)};
  }
  if (random() % 3 != 0) {
    command.session = SessionSerial{letter('a', 5), 1 + random() % 4};
  }
  return command;
}

TEST(Store, AgreesWithItsObviousTwinOnRandomCommands) {
  std::mt19937_64 random(1);
  std::map<Code, int> codes;
  for (int round = 0; round < 500; ++round) {
    Store store({.sessions = 3});
    Twin twin;
    for (std::uint64_t index = 1; index <= 100; ++index) {
      const Command command = draw_command(random);
      const Result result = store.apply(index, command);
      ASSERT_EQ(result, twin.apply(index, command)) << "round " << round << ", index " << index;
      ASSERT_EQ(store.size(), twin.values.size());
      ASSERT_EQ(store.session_count(), twin.sessions.size());
      for (const auto& [key, value] : twin.values) {
        ASSERT_EQ(store.get(key), value);
      }
      ++codes[result.code];
    }
  }
  for (const Code code : {Code::done, Code::mismatch, Code::stale_serial, Code::unknown_session}) {
    EXPECT_GT(codes[code], 1'000);
  }
}

}  // namespace
}  // namespace raftd::kv
