// What a fault may wait for instead of a time. Plain values; any thread.
//
//   {fsync, 3, at leader, text "snapshot"}   the leader is about to sync a file with that in its path, for the third
//                                            time since this was waited for
//   {elected, 1}, {append, 2}                some node becomes leader; then it sends its second message to a peer

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ordeal::nemesis {

enum class EventKind : std::uint8_t {
  elected,       // another node leads than before
  acknowledged,  // a write was answered ok
  line,          // a node writes a line with `text` in it
  behind,        // a node has applied `count` entries fewer than are committed
  fsync,         // a node is about to sync a file with `text` in its path; the call waits until the fault has struck
  synced,        // such a sync is over, and waits to be answered until the fault has struck
  append,        // the leader has sent a packet with payload to a peer; it waits there until the fault has struck
};

enum class Place : std::uint8_t { any, leader, follower, named };

struct Event {
  EventKind kind = EventKind::elected;
  std::int64_t count = 1;  // the so many-th; of behind, entries
  Place at = Place::any;   // of line, behind, fsync, synced
  std::string node{};      // with Place::named
  std::string text{};
  bool operator==(const Event&) const = default;
};

// Events one after the other: each is waited for, and counted, from the moment at which the one before was seen.
struct Trigger {
  std::vector<Event> events{};
  std::chrono::nanoseconds hold{0};                          // between the last event and the fault
  std::chrono::nanoseconds within{std::chrono::seconds(5)};  // longer is not waited, for all of them together
  bool operator==(const Trigger&) const = default;
};

}  // namespace ordeal::nemesis
