// The state hash is the exclusive or of one 64-bit hash for every key and for every session, so a command that changes
// one of them costs two hashes, however large the store is. The order in which sessions were last used is part of the
// state as well (it decides which one expires), and is covered because a session's hash holds the index of its use.

#include "target-raftd/kv/store.h"

#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

namespace raftd::kv {
namespace {

// A hash of our own, because std::hash differs between libraries: FNV-1a over the bytes, then the finishing steps of
// SplitMix64, so that every bit of the input reaches every bit of the exclusive or.
class Hash {
 public:
  void integer(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) {
      byte(static_cast<unsigned char>(value >> (8 * i)));
    }
  }

  void bytes(std::string_view value) {
    integer(value.size());
    for (const char c : value) {
      byte(static_cast<unsigned char>(c));
    }
  }

  std::uint64_t finish() const {
    std::uint64_t h = state_;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9;
    h = (h ^ (h >> 27)) * 0x94d049bb133111eb;
    return h ^ (h >> 31);
  }

 private:
  void byte(unsigned char value) { state_ = (state_ ^ value) * 0x100000001b3; }

  std::uint64_t state_ = 0xcbf29ce484222325;
};

// Lets a std::string_view look up a std::string.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

template <typename Value>
using Table = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

std::uint64_t hash_of(std::string_view key, const Store::Value& value) {
  Hash hash;
  hash.integer(1);  // a key
  hash.bytes(key);
  hash.bytes(value.value);
  hash.integer(value.modified_index);
  return hash.finish();
}

// What the store remembers of a client: its last serial, and the result that a retry of it gets again.
struct Session {
  std::uint64_t serial = 0;
  Result result;
  std::uint64_t used_index = 0;             // of the last command that named this session and was known to it
  std::list<std::string>::iterator in_use;  // its place in the order of use
};

std::uint64_t hash_of(std::string_view name, const Session& session) {
  Hash hash;
  hash.integer(2);  // a session
  hash.bytes(name);
  hash.integer(session.serial);
  hash.integer(static_cast<std::uint64_t>(session.result.code));
  hash.integer(session.result.index);
  hash.integer(session.result.actual ? 1 : 0);
  hash.bytes(session.result.actual.value_or(""));
  hash.integer(session.used_index);
  return hash.finish();
}

}  // namespace

struct Store::State {
  Limits limits;
  Table<Value> values;
  Table<Session> sessions;
  std::list<std::string> order_of_use;  // session names, the least recently used first
  std::uint64_t hash = 0;

  void write(const std::string& key, std::uint64_t index, std::string value) {
    erase(key);
    const auto [at, inserted] = values.emplace(key, Value{std::move(value), index});
    hash ^= hash_of(key, at->second);
  }

  void erase(std::string_view key) {
    if (const auto at = values.find(key); at != values.end()) {
      hash ^= hash_of(key, at->second);
      values.erase(at);
    }
  }

  Result perform(std::uint64_t index, const Put& put) {
    write(put.key, index, put.value);
    return {.code = Code::done, .index = index};
  }

  Result perform(std::uint64_t index, const Delete& del) {
    erase(del.key);
    return {.code = Code::done, .index = index};
  }

  Result perform(std::uint64_t index, const CompareAndSet& cas) {
    const auto at = values.find(cas.key);
    std::optional<std::string> actual;
    if (at != values.end()) {
      actual = at->second.value;
    }
    if (actual != cas.expected) {
      return {.code = Code::mismatch, .index = index, .actual = std::move(actual)};
    }
    write(cas.key, index, cas.value);
    return {.code = Code::done, .index = index};
  }

  Result perform(std::uint64_t index, const Action& action) {
    return std::visit([&](const auto& one) { return perform(index, one); }, action);
  }

  // A command of a session counts as its use, a retry too: the client is alive.
  void use(Table<Session>::iterator at, std::uint64_t index) {
    at->second.used_index = index;
    order_of_use.splice(order_of_use.end(), order_of_use, at->second.in_use);
  }

  Result perform_once(std::uint64_t index, const SessionSerial& id, const Action& action) {
    auto at = sessions.find(id.session);
    const bool first = id.serial == 1;
    if (at == sessions.end() && !first) {
      return {.code = Code::unknown_session, .index = index};
    }
    if (at == sessions.end()) {
      at = sessions.emplace(id.session, Session{}).first;
      at->second.in_use = order_of_use.insert(order_of_use.end(), id.session);
    } else {
      hash ^= hash_of(at->first, at->second);
    }
    Session& session = at->second;
    use(at, index);
    Result result;
    if (id.serial < session.serial) {
      result = {.code = Code::stale_serial, .index = index};
    } else if (id.serial == session.serial) {
      result = session.result;
    } else {
      session.serial = id.serial;
      result = session.result = perform(index, action);
    }
    hash ^= hash_of(at->first, session);
    return result;
  }

  // The least recently used sessions go. The order of use follows from the log alone, so all servers drop the same.
  void expire_sessions() {
    while (sessions.size() > limits.sessions) {
      const auto at = sessions.find(order_of_use.front());
      hash ^= hash_of(at->first, at->second);
      sessions.erase(at);
      order_of_use.pop_front();
    }
  }
};

Store::Store(Limits limits) : state_(std::make_unique<State>()) {
  state_->limits = limits;
}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

Result Store::apply(std::uint64_t index, const Command& command) {
  if (!command.session) {
    return state_->perform(index, command.action);
  }
  Result result = state_->perform_once(index, *command.session, command.action);
  state_->expire_sessions();
  return result;
}

std::optional<Store::Value> Store::get(std::string_view key) const {
  const auto at = state_->values.find(key);
  return at == state_->values.end() ? std::nullopt : std::optional(at->second);
}

std::size_t Store::size() const {
  return state_->values.size();
}
std::size_t Store::session_count() const {
  return state_->sessions.size();
}
std::uint64_t Store::state_hash() const {
  return state_->hash;
}

}  // namespace raftd::kv
