// What clients ask of the key-value store, and its encoding in the log. Plain values; any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace raftd::kv {

struct Put {
  std::string key;
  std::string value;
  bool operator==(const Put&) const = default;
};

struct Delete {
  std::string key;
  bool operator==(const Delete&) const = default;
};

// Write `value` if the key now holds `expected`; nullopt: if the key is absent.
struct CompareAndSet {
  std::string key;
  std::optional<std::string> expected;
  std::string value;
  bool operator==(const CompareAndSet&) const = default;
};

using Action = std::variant<Put, Delete, CompareAndSet>;

// Makes a retry idempotent (Raft paper §8, dissertation §6.3). A session is a name that the client made up; its serials
// count from 1, and a client sends serial n + 1 only after it stopped retrying n.
struct SessionSerial {
  std::string session;
  std::uint64_t serial = 0;
  bool operator==(const SessionSerial&) const = default;
};

struct Command {
  std::optional<SessionSerial> session;
  Action action;
  bool operator==(const Command&) const = default;
};

// The encoding starts with a version byte. decode() answers nullopt for anything that encode() did not make.
std::string encode(const Command& command);
std::optional<Command> decode(std::string_view bytes);

}  // namespace raftd::kv
