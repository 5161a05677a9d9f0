// The replicated state machine: keys with values, and the sessions that make retries idempotent. One thread at a time;
// a Frozen may be read by another one.
//
// Deterministic: the same commands at the same indexes give the same state on every server, sessions and their expiry
// included (the least recently used session goes when there are more than Limits::sessions; no clock is asked). The
// limits must be the same on all servers.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "target-raftd/kv/command.h"
#include "target-raftd/kv/result.h"

namespace raftd::kv {

struct Limits {
  std::size_t sessions = 10'000;
};

// The whole state of a store at one moment. Never changes, and outlives the store; cheap to copy. Any thread.
class Frozen {
 public:
  std::uint64_t state_hash() const;

 private:
  friend class Store;
  friend std::string encode(const Frozen&);
  struct State;
  explicit Frozen(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

// The content of a snapshot: equal states give equal bytes, on every machine. The session table and its order of use
// are part of it.
std::string encode(const Frozen& frozen);

class Store {
 public:
  explicit Store(Limits limits = {});
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  // The store that was frozen and encoded; nullopt for anything else.
  static std::optional<Store> restore(std::string_view bytes, Limits limits = {});

  // Applies one committed command. `index` grows from call to call. A repeated serial gets the first result again.
  Result apply(std::uint64_t index, Command command);

  std::optional<Value> get(std::string_view key) const;

  std::size_t size() const;  // keys
  std::size_t session_count() const;
  std::uint64_t revision() const;     // index of the last command that changed a key; 0: none yet
  std::uint64_t incarnation() const;  // see Identify; 0: none yet

  // A hash of the whole state, kept up to date in O(1) per command: equal states, equal hashes, on every machine.
  std::uint64_t state_hash() const;

  // An immutable view of the state as it is now. Costs the same however large the store is; afterwards the first write
  // to each part of the store copies the pointers of that part.
  Frozen freeze();

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace raftd::kv
