// One line of a history: what a client (or the nemesis) did or saw, at which time. Plain values; any thread.
//
//   {"index":12,"time":1250034100,"process":3,"type":"invoke","f":"write","key":"7","value":41,"node":"n2"}
//   {"index":13,"time":1253100400,"process":3,"type":"ok","f":"write","key":"7","value":41,"node":"n2"}
//
// The words are Jepsen's. `invoke` is the call of an operation, the other three types are its return:
//   ok    it took effect exactly once between call and return, and `value` is what it saw,
//   fail  it certainly did not and never will take effect,
//   info  nobody knows, then or later: it may take effect at any time after its call, or never.
// A call without a return is info. The number of a process whose operation ended as info is never used again.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/value.h"

namespace ordeal::checker {

enum class EventType : std::uint8_t { invoke, ok, fail, info };

// A logical client, from 0; the nemesis is none of them.
using Process = std::int64_t;
inline constexpr Process nemesis_process = -1;  // written as "nemesis"

struct Event {
  std::uint64_t index = 0;           // position in the history, from 0; the order that the checker believes
  std::chrono::nanoseconds time{0};  // since the run began, monotonic; a call is stamped before its first byte
                                     // leaves, a return after its last byte arrived
  Process process = 0;
  EventType type = EventType::invoke;
  std::string f = {};                   // read, write, cas, append, acquire, ...; for the nemesis the fault's name
  std::optional<std::string> key = {};  // which object; nullopt: the history has only one
  Value value = {};                     // argument or result; of a cas the list [expected, new]
  std::string node = {};                // empty: not said
  std::string error = {};               // of fail and info: "mismatch", "timeout", ...; empty: none

  bool operator==(const Event&) const = default;
};

using History = std::vector<Event>;

}  // namespace ordeal::checker
