// What a Raft log holds, and the words of the Raft paper for it. Plain values; any thread.

#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace raftd::raft {

using Term = std::uint64_t;    // 0: before the first election
using Index = std::uint64_t;   // of a log entry, from 1; 0: before the first entry
using NodeId = std::uint64_t;  // of a server, from 1; never 0

enum class EntryKind : std::uint8_t {
  no_op = 0,          // the entry with which a leader opens its term (dissertation §6.4)
  command = 1,        // for the state machine
  configuration = 2,  // the members of the cluster, as configuration.h encodes them
};

struct Entry {
  Term term = 0;
  Index index = 0;
  EntryKind kind = EntryKind::no_op;
  std::string command;  // opaque to the protocol unless it is a configuration; empty for no_op

  bool operator==(const Entry&) const = default;
};

// Where an entry stands. Two logs that hold an entry with the same position are equal up to it (Log Matching, §5.3).
struct LogPosition {
  Term term = 0;
  Index index = 0;

  // The order of "at least as up-to-date" (§5.4.1): the later last term wins, then the longer log.
  auto operator<=>(const LogPosition&) const = default;
};

}  // namespace raftd::raft
