// The store against a slow, obvious twin: maps, sessions searched from end to end, nothing kept up to date.

#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "target-raftd/kv/store.h"

namespace raftd::kv {
namespace {

constexpr Limits limits = {.sessions = 3};

struct Twin {
  struct Session {
    std::string name;
    std::uint64_t serial = 0;
    Result result = {};
  };

  std::optional<std::string> held(const std::string& key) const {
    const auto at = values.find(key);
    return at == values.end() ? std::nullopt : std::optional(at->second.value);
  }

  void write(std::uint64_t index, const std::string& key, const std::string& value) {
    Value& at = values[key];
    at = {value, at.version == 0 ? index : at.created, index, at.version + 1};
    revision = index;
  }

  void erase(std::uint64_t index, const std::string& key) {
    if (values.erase(key) > 0) revision = index;
  }

  bool holds(const Compare& compare) {
    const Value now = values.contains(compare.key) ? values[compare.key] : Value{};
    if (const auto* to = std::get_if<Compare::Holds>(&compare.to)) return held(compare.key) == to->value;
    if (const auto* to = std::get_if<Compare::Modified>(&compare.to)) return now.modified == to->revision;
    if (const auto* to = std::get_if<Compare::Version>(&compare.to)) return now.version == to->version;
    return now.version == 0;
  }

  Result add(std::uint64_t index, const Add& action) {
    // A wider integer than the real one's, so overflow is a plain comparison. Only short numbers are drawn, or the
    // limits.
    __extension__ using Wide = __int128;
    const std::string text = held(action.key).value_or("0");
    std::int64_t number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    const Wide sum = Wide{number} + action.delta;
    const bool fits =
        sum >= std::numeric_limits<std::int64_t>::min() && sum <= std::numeric_limits<std::int64_t>::max();
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size() || !fits) {
      return {.code = Code::not_a_number, .index = index, .actual = held(action.key)};
    }
    write(index, action.key, std::to_string(static_cast<std::int64_t>(sum)));
    return {.code = Code::done, .index = index, .sum = static_cast<std::int64_t>(sum)};
  }

  Result txn(std::uint64_t index, const Txn& action) {
    TxnResult answer{.succeeded = true, .operations = {}};
    for (const Compare& compare : action.compares) answer.succeeded &= holds(compare);
    for (const Txn::Operation& operation : answer.succeeded ? action.then : action.otherwise) {
      answer.operations.emplace_back();
      if (const auto* put = std::get_if<Put>(&operation)) write(index, put->key, put->value);
      if (const auto* del = std::get_if<Delete>(&operation)) erase(index, del->key);
      const auto* get = std::get_if<Get>(&operation);
      if (get && values.contains(get->key)) answer.operations.back() = values[get->key];
    }
    return {.code = Code::done, .index = index, .txn = answer};
  }

  Result perform(std::uint64_t index, const Action& action) {
    if (const auto* one = std::get_if<Put>(&action)) write(index, one->key, one->value);
    if (const auto* one = std::get_if<Delete>(&action)) erase(index, one->key);
    if (const auto* one = std::get_if<Add>(&action)) return add(index, *one);
    if (const auto* one = std::get_if<Txn>(&action)) return txn(index, *one);
    if (const auto* one = std::get_if<Identify>(&action)) {
      if (incarnation == 0) incarnation = one->incarnation;
      if (incarnation != one->incarnation) {
        return {.code = Code::mismatch, .index = index, .actual = std::to_string(incarnation)};
      }
    }
    if (const auto* one = std::get_if<CompareAndSet>(&action)) {
      if (held(one->key) != one->expected) return {.code = Code::mismatch, .index = index, .actual = held(one->key)};
      write(index, one->key, one->value);
    }
    return {.code = Code::done, .index = index};
  }

  Result apply(std::uint64_t index, const Command& command) {
    if (!command.session) return perform(index, command.action);
    const auto [name, serial] = *command.session;
    std::size_t i = 0;
    while (i < sessions.size() && sessions[i].name != name) ++i;
    if (i == sessions.size() && serial > 1) return {.code = Code::unknown_session, .index = index};
    Session session = i == sessions.size() ? Session{.name = name} : sessions[i];
    if (i < sessions.size()) sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(i));
    Result result = session.result;
    if (serial < session.serial) {
      result = {.code = Code::stale_serial, .index = index};
    } else if (serial > session.serial) {
      session.serial = serial;
      result = session.result = perform(index, command.action);
    }
    sessions.push_back(session);  // the most recently used is the last
    if (sessions.size() > limits.sessions) sessions.erase(sessions.begin());
    return result;
  }

  std::map<std::string, Value> values;
  std::vector<Session> sessions;
  std::uint64_t revision = 0;
  std::uint64_t incarnation = 0;
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::uint64_t operator()(std::uint64_t sides) { return random_() % sides; }
  std::string key() { return std::string(1, static_cast<char>('w' + (*this)(4))); }
  std::string value() {
    static const std::vector<std::string> values = {"0", "1", "2", "-1", "", "9223372036854775807", "x"};
    return values[(*this)(values.size())];
  }

  Txn::Operation operation() {
    if ((*this)(3) == 0) return Delete{key()};
    if ((*this)(2) == 0) return Get{key()};
    return Put{key(), value()};
  }

  Compare compare() {
    switch ((*this)(4)) {
      case 0:
        return {key(), Compare::Holds{value()}};
      case 1:
        return {key(), Compare::Modified{(*this)(30)}};
      case 2:
        return {key(), Compare::Version{(*this)(4)}};
      default:
        return {key(), Compare::Absent{}};
    }
  }

  Txn txn() {
    Txn txn;
    for (std::uint64_t n = (*this)(3); n > 0; --n) txn.compares.push_back(compare());
    for (std::uint64_t n = (*this)(4); n > 0; --n) txn.then.push_back(operation());
    for (std::uint64_t n = (*this)(4); n > 0; --n) txn.otherwise.push_back(operation());
    return txn;
  }

  Command command() {
    if ((*this)(20) == 0) return {std::nullopt, Identify{1 + (*this)(2)}};
    Command command;
    if ((*this)(3) != 0) {
      command.session = SessionSerial{std::string(1, static_cast<char>('a' + (*this)(5))), 1 + (*this)(4)};
    }
    switch ((*this)(6)) {
      case 0:
        command.action = Delete{key()};
        break;
      case 1:
        command.action = CompareAndSet{key(), std::nullopt, value()};
        break;
      case 2:
        command.action = CompareAndSet{key(), value(), value()};
        break;
      case 3:
        command.action = Add{key(), static_cast<std::int64_t>((*this)(5)) - 2};
        break;
      case 4:
        command.action = txn();
        break;
      default:
        command.action = Put{key(), value()};
    }
    return command;
  }

 private:
  std::mt19937_64 random_;
};

void expect_equal(const Store& store, const Twin& twin) {
  ASSERT_EQ(store.size(), twin.values.size());
  ASSERT_EQ(store.session_count(), twin.sessions.size());
  ASSERT_EQ(store.revision(), twin.revision);
  ASSERT_EQ(store.incarnation(), twin.incarnation);
  for (const auto& [key, value] : twin.values) ASSERT_EQ(store.get(key), value);
}

TEST(Twin, AgreesWithTheStoreOnRandomCommandsAndOverSnapshots) {
  std::map<Code, int> codes;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    Dice dice(seed);
    Store store(limits);
    Store untouched(limits);  // never frozen nor restored
    Twin twin;
    for (std::uint64_t index = 1; index <= 120; ++index) {
      const Command command = dice.command();
      const Result result = store.apply(index, command);
      ASSERT_EQ(result, twin.apply(index, command)) << index;
      ASSERT_EQ(result, untouched.apply(index, command));
      ASSERT_NO_FATAL_FAILURE(expect_equal(store, twin));
      ASSERT_EQ(store.state_hash(), untouched.state_hash());
      ++codes[result.code];
      if (dice(10) != 0) continue;
      const std::string bytes = encode(store.freeze());
      std::optional<Store> restored = Store::restore(bytes, limits);
      ASSERT_TRUE(restored);
      ASSERT_EQ(encode(restored->freeze()), bytes) << "equal states, equal bytes";
      store = std::move(*restored);
    }
    ASSERT_EQ(encode(store.freeze()), encode(untouched.freeze()));
  }
  for (const Code code : {Code::done, Code::mismatch, Code::stale_serial, Code::unknown_session, Code::not_a_number}) {
    EXPECT_GT(codes[code], 500) << static_cast<int>(code);
  }
}

TEST(Frozen, DoesNotChangeWhileTheStoreGoesOn) {
  Dice dice(1);
  Store store(limits);
  std::vector<std::pair<Frozen, std::string>> views;
  std::uint64_t hash = 0;
  for (std::uint64_t index = 1; index <= 2'000; ++index) {
    store.apply(index, dice.command());
    if (index % 50 != 0) continue;
    const Frozen frozen = store.freeze();
    views.emplace_back(frozen, encode(frozen));
    ASSERT_EQ(frozen.state_hash(), store.state_hash());
    ASSERT_NE(frozen.state_hash(), hash);
    hash = frozen.state_hash();
  }
  for (const auto& [frozen, bytes] : views) EXPECT_EQ(encode(frozen), bytes);
}

// For the thread sanitizer above all.
TEST(Frozen, IsReadByAnotherThreadWhileTheStoreGoesOn) {
  Store store(limits);
  for (std::uint64_t round = 0; round < 20; ++round) {
    Frozen frozen = store.freeze();
    const std::string before = encode(frozen);
    std::string seen;
    std::thread reader([frozen = std::move(frozen), &seen] { seen = encode(frozen); });
    for (std::uint64_t n = 0; n < 200; ++n) {
      const std::uint64_t index = (round * 200 + n) * 2 + 1;
      store.apply(index, {SessionSerial{"s" + std::to_string(n % 5), 1}, Put{"k" + std::to_string(n), "v"}});
      store.apply(index + 1, {std::nullopt, Delete{"k" + std::to_string(n / 2)}});
    }
    reader.join();
    ASSERT_EQ(seen, before);
  }
}

TEST(Frozen, OutlivesTheStore) {
  auto store = std::make_unique<Store>(limits);
  store->apply(1, {SessionSerial{"s", 1}, Put{"x", "1"}});
  const Frozen frozen = store->freeze();
  store.reset();
  EXPECT_EQ(Store::restore(encode(frozen), limits)->get("x"), (Value{"1", 1, 1, 1}));
}

TEST(Snapshot, OfTheEmptyStoreIsTheOneDocumented) {
  std::string bytes = encode(Store().freeze());
  ASSERT_EQ(bytes.size(), 1U + 5 * 8);
  EXPECT_EQ(bytes.substr(0, 33), std::string("\x01", 1) + std::string(32, '\0'));
}

TEST(Snapshot, EveryTruncationExtensionAndFlippedBitIsRefused) {
  Dice dice(5);
  Store store(limits);
  for (std::uint64_t index = 1; index <= 60; ++index) store.apply(index, dice.command());
  const std::string whole = encode(store.freeze());
  ASSERT_GT(whole.size(), 200U);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Store::restore(whole.substr(0, size), limits)) << size;
  }
  EXPECT_FALSE(Store::restore(whole + '\0', limits));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(Store::restore(damaged, limits)) << bit;
  }
}

}  // namespace
}  // namespace raftd::kv
