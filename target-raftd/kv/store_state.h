// What a store and a frozen view of it hold. For store.cc and snapshot.cc only.

#pragma once

#include <map>

#include "target-raftd/kv/shards.h"
#include "target-raftd/kv/state_hash.h"
#include "target-raftd/kv/store.h"

namespace raftd::kv {

using Keys = Shards<Value, 1024>;
using Sessions = Shards<Session, 128>;

struct Frozen::State {
  Keys::View keys;
  Sessions::View sessions;
  std::uint64_t revision = 0;
  std::uint64_t incarnation = 0;
  std::uint64_t hash = 0;
};

struct Store::State {
  Limits limits;
  Keys keys;
  Sessions sessions;
  std::map<std::uint64_t, std::string> order_of_use;  // session names by used_index, the least recently used first
  std::uint64_t revision = 0;
  std::uint64_t incarnation = 0;
  std::uint64_t hash = 0;  // of keys and sessions

  std::uint64_t whole_hash() const { return hash ^ hash_of_numbers(revision, incarnation); }

  // These keep hash, order of use and revision up to date.
  void write(std::uint64_t index, std::string_view key, std::string value);
  bool erase(std::uint64_t index, std::string_view key);
  void remember(std::string_view name, Session session);
  void expire_sessions();

  Result perform(std::uint64_t index, Put put);
  Result perform(std::uint64_t index, Delete del);
  Result perform(std::uint64_t index, CompareAndSet cas);
  Result perform(std::uint64_t index, Add add);
  Result perform(std::uint64_t index, Txn txn);
  Result perform(std::uint64_t index, Identify identify);
  Result perform_once(std::uint64_t index, SessionSerial id, Action action);
};

}  // namespace raftd::kv
