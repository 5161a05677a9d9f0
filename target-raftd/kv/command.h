// What clients ask of the key-value store, and its encoding in the log. Plain values; any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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

// Add to the decimal integer that the key holds; an absent key counts as 0.
struct Add {
  std::string key;
  std::int64_t delta = 0;
  bool operator==(const Add&) const = default;
};

struct Get {
  std::string key;
  bool operator==(const Get&) const = default;
};

// One condition of a transaction. Of an absent key, the modified revision and the version are 0.
struct Compare {
  struct Holds {
    std::string value;
    bool operator==(const Holds&) const = default;
  };
  struct Absent {
    bool operator==(const Absent&) const = default;
  };
  struct Modified {
    std::uint64_t revision = 0;
    bool operator==(const Modified&) const = default;
  };
  struct Version {
    std::uint64_t version = 0;
    bool operator==(const Version&) const = default;
  };
  std::string key;
  std::variant<Holds, Absent, Modified, Version> to;
  bool operator==(const Compare&) const = default;
};

// Atomically: `then` if every compare holds, else `otherwise`; in order, each operation seeing those before it.
struct Txn {
  using Operation = std::variant<Put, Delete, Get>;
  std::vector<Compare> compares;
  std::vector<Operation> then;
  std::vector<Operation> otherwise;
  bool operator==(const Txn&) const = default;
};

// Gives the cluster the number that tells it from an earlier cluster of the same name; the first one wins. Never in a
// session.
struct Identify {
  std::uint64_t incarnation = 0;  // not 0
  bool operator==(const Identify&) const = default;
};

using Action = std::variant<Put, Delete, CompareAndSet, Add, Txn, Identify>;

// Makes a retry idempotent (Raft paper §8, dissertation §6.3). A session is a name that the client made up; its serials
// count from 1, and a client sends serial n + 1 only after it stopped retrying n.
//
// The bound: a session is forgotten when Limits::sessions other ones were used after its last use. A serial above 1 of
// a forgotten session is answered with unknown_session and not applied. But serial 1 opens a session, and names are the
// clients' own, so a retry of serial 1 that comes after its session was forgotten is taken for a new client and applied
// a second time: no bounded memory can tell the two apart. A client for which that bound is not enough opens its
// session with a serial 1 that may safely happen twice, such as an empty Txn, and sends no further copies of it: from
// serial 2 on nothing is ever applied twice.
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
