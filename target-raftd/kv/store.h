// The replicated state machine: keys with values, and the sessions that make retries idempotent. One thread at a time.
//
// Deterministic: the same commands at the same indexes give the same state on every server, sessions and their expiry
// included (the least recently used session goes when there are more than Limits::sessions; no clock is asked).

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "target-raftd/kv/command.h"

namespace raftd::kv {

enum class Code : std::uint8_t {
  done,             // applied; for a Delete also when the key was absent
  mismatch,         // a CompareAndSet was evaluated and the key did not hold `expected`
  stale_serial,     // a later serial of that session was applied already; this one was not applied now
  unknown_session,  // serial > 1 of a session that is not (or no longer) known; not applied
};

struct Result {
  Code code = Code::done;
  std::uint64_t index = 0;                           // at which the command was applied first
  std::optional<std::string> actual = std::nullopt;  // with mismatch: what the key held (nullopt: absent)
  bool operator==(const Result&) const = default;
};

struct Limits {
  std::size_t sessions = 10'000;
};

class Store {
 public:
  explicit Store(Limits limits = {});
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  // Applies one committed command. `index` grows from call to call. A repeated serial gets the first result again.
  Result apply(std::uint64_t index, const Command& command);

  struct Value {
    std::string value;
    std::uint64_t modified_index = 0;  // of the command that wrote it
    bool operator==(const Value&) const = default;
  };
  std::optional<Value> get(std::string_view key) const;

  std::size_t size() const;  // keys
  std::size_t session_count() const;

  // A hash of the whole state, kept up to date in O(1) per command: equal states, equal hashes, on every machine.
  std::uint64_t state_hash() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace raftd::kv
