// The hash of a state: the exclusive or of one 64-bit hash for every key, every session and each single number, so a
// command that changes one of them costs two hashes, however large the store is. Pure; any thread.
//
// The order in which sessions were last used is part of the state as well (it decides which one expires), and is
// covered because a session's hash holds the index of its use.

#pragma once

#include <cstdint>
#include <string_view>

#include "target-raftd/kv/result.h"

namespace raftd::kv {

// What the store remembers of a client: its last serial, and the result that a retry of it gets again.
struct Session {
  std::uint64_t serial = 0;
  Result result = {};
  std::uint64_t used_index = 0;  // of the last command that named this session and was known to it; no two share one
};

std::uint64_t hash_of(std::string_view key, const Value& value);
std::uint64_t hash_of(std::string_view name, const Session& session);
std::uint64_t hash_of_numbers(std::uint64_t revision, std::uint64_t incarnation);

}  // namespace raftd::kv
