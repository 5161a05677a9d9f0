// What the nemesis can do to a cluster, and the schedule of it. Plain values; any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "nemesis/plan/event.h"
#include "nemesis/plan/packets.h"

namespace ordeal::nemesis {

using Node = std::string;  // "n1", "n2", ...
using Nodes = std::set<Node>;

// Which nodes a process fault strikes; `event`: the node at which the event was seen for which the fault had waited.
// Resolved when the fault is injected (targets.h), since only then is it known who leads.
enum class Target : std::uint8_t { one, minority, majority, minority_third, leader, followers, all, named, event };

struct Selector {
  Target target = Target::one;
  Nodes named = {};  // with Target::named
  bool operator==(const Selector&) const = default;
};

struct Kill {  // SIGKILL, later started again
  Selector selector;
  bool operator==(const Kill&) const = default;
};
struct Stop {  // SIGTERM, later started again
  Selector selector;
  bool operator==(const Stop&) const = default;
};
struct Pause {  // SIGSTOP, later SIGCONT
  Selector selector;
  bool operator==(const Pause&) const = default;
};

enum class PartitionKind : std::uint8_t {
  isolate_one,      // one node hears and is heard by nobody
  isolate_leader,   // the same, and it is the leader
  halves,           // two halves; with an odd number one is larger by one
  minority_third,   // less than a third cut off from the rest
  majorities_ring,  // every node sees a majority, but no two the same one
  bridge,           // two halves, and one node that sees both
  one_way,          // one node hears nobody but is heard, or is heard by nobody but hears
  random_graph,     // each directed link is cut with a probability of one half (at least one is)
  partial,          // a random graph in which all reach each other, but not all directly
  leader_bridge,    // a bridge, and the leader is the node that sees both halves
  leader_edge,      // the leader sees only one node, which sees all; the others miss only the leader
  graph,            // the directed graph of that number (targets.h)
};

struct Partition {
  PartitionKind kind = PartitionKind::halves;
  Scope scope = Scope::nodes;
  std::optional<std::uint64_t> graph = std::nullopt;  // of PartitionKind::graph; nullopt: any
  bool operator==(const Partition&) const = default;
};

// The leader is asked to hand the leadership to another node. Nothing is left to heal.
struct Transfer {
  bool operator==(const Transfer&) const = default;
};

enum class MembershipKind : std::uint8_t {
  add,              // a spare node joins as a new server and votes; removed when it heals
  remove_follower,  // a voter that does not lead is removed and goes on running; comes back when it heals
  remove_leader,    // the same with the leader
  remove_two,       // two followers at the same moment, which a correct target takes one after the other
  replace,          // a follower is removed, loses its data, and joins as a new server, all at once
  promote,          // a learner becomes a voter; where there is none, a spare joins as one first
};

// Changes who belongs to the cluster. Whoever comes back comes as a new server, with nothing in its data folder.
struct Membership {
  MembershipKind kind = MembershipKind::replace;
  int least_voters = 3;  // never fewer than these
  bool operator==(const Membership&) const = default;
};

// Whether a power failure may leave the last write, and the last changes of names, half done.
enum class Torn : std::uint8_t { no, yes, draw };

// SIGKILL, and everything that was not synced is gone; later started again.
struct PowerFailure {
  Selector selector;
  Torn torn = Torn::draw;
  bool operator==(const PowerFailure&) const = default;
};

enum class DiskCall : std::uint8_t { write, fsync, rename };
enum class DiskError : std::uint8_t { eio, enospc };

// System calls of that kind fail.
struct IoError {
  Selector selector;
  DiskCall call = DiskCall::fsync;
  DiskError error = DiskError::eio;
  bool operator==(const IoError&) const = default;
};

// Every sync takes longer.
struct SlowDisk {
  Selector selector;
  std::chrono::nanoseconds delay = std::chrono::milliseconds(100);
  bool operator==(const SlowDisk&) const = default;
};

// No file grows and none is created: ENOSPC.
struct DiskFull {
  Selector selector;
  bool operator==(const DiskFull&) const = default;
};

enum class ClockKind : std::uint8_t {
  jump,    // at once by `by`
  drift,   // runs at another rate
  strobe,  // there and back by `by`, every `period`; of the wall clock only
  freeze,  // stands
};

enum class ClockFace : std::uint8_t {
  wall,       // CLOCK_REALTIME: people's time; may do anything, and is right again when the fault heals
  monotonic,  // CLOCK_MONOTONIC: never goes back; it runs on from where it is at the right rate when the fault heals
  both,       // the oscillator of both
};

// What the programs of a node are told when they ask for the time.
struct ClockChange {
  Selector selector;
  ClockKind kind = ClockKind::jump;
  ClockFace clock = ClockFace::wall;
  std::chrono::nanoseconds by{0};      // of a jump or strobe; negative: back
  std::int64_t rate_ppm = 1'000'000;   // of a drift: millionths of a second that pass in a second
  std::chrono::nanoseconds period{0};  // of a strobe
  bool operator==(const ClockChange&) const = default;
};

enum class CorruptKind : std::uint8_t {
  bit_flip,  // one bit of a file is another
  truncate,  // a file ends too early
  wipe,      // nothing is left in the data folder: no target can notice that for sure
};

// SIGKILL, and one file of the node is damaged while it is down; later started again. Over a whole run only a minority
// of the nodes holds damaged files, unless `beyond_minority`: then a loss is the target's right. So it is after a wipe.
struct CorruptFile {
  Selector selector;
  CorruptKind kind = CorruptKind::bit_flip;
  bool beyond_minority = false;
  bool operator==(const CorruptFile&) const = default;
};

struct DurationRange {
  std::chrono::nanoseconds least{0};
  std::chrono::nanoseconds most{0};
  bool operator==(const DurationRange&) const = default;
};

inline constexpr int most_crashes = 100;  // of one loop

// SIGKILL, and again so many times, each soon after a start; then it is left running.
struct CrashLoop {
  Selector selector;
  int times = 4;
  DurationRange alive{std::chrono::milliseconds(2), std::chrono::milliseconds(500)};  // from a start to the next kill
  DurationRange down{std::chrono::milliseconds(1), std::chrono::milliseconds(20)};    // from a kill to the next start
  bool operator==(const CrashLoop&) const = default;
};

// Has the processor for `share_percent` of each period only.
struct Starve {
  Selector selector;
  int share_percent = 5;
  std::chrono::nanoseconds period = std::chrono::milliseconds(50);
  bool operator==(const Starve&) const = default;
};

// Restarted one after another as the target's other version, each when the one before is ready again. Healing restarts
// them as their own, unless `keep`: then the next upgrade that strikes a node does.
struct Upgrade {
  Selector selector;
  bool keep = false;
  bool operator==(const Upgrade&) const = default;
};

using Fault = std::variant<Kill, Stop, Pause, Partition, Transfer, Membership, PowerFailure, IoError, SlowDisk,
                           DiskFull, Packets, ClockChange, CorruptFile, CrashLoop, Starve, Upgrade>;

// Who drops whose packets: grudge["n1"] = {"n2"} means that n1 does not receive what n2 sends. The word is Jepsen's.
using Grudge = std::map<Node, Nodes>;

struct ScheduledFault {
  std::uint64_t id = 0;                 // from 1, in the order of injection
  std::chrono::nanoseconds at{0};       // since the load began
  std::chrono::nanoseconds lasting{0};  // healed at `at + lasting`
  Fault fault;
  std::uint64_t draw = 0;  // seeds every choice that is left until injection (which node, which side)
  // Injected not at `at`, but when this comes after it, and healed `lasting` later; not at all when it does not come.
  std::optional<Trigger> when = std::nullopt;
  bool operator==(const ScheduledFault&) const = default;
};

// In the order of `at`. Every fault of it is healed within the schedule's duration.
using Schedule = std::vector<ScheduledFault>;

// Whether it needs nodes whose system calls are watched.
bool needs_disks(const Fault& fault);

std::string kind_of(const Fault& fault);    // "kill", "partition", "membership"
std::string to_string(const Fault& fault);  // "kill leader", "partition majorities-ring", "packets loss leader"

}  // namespace ordeal::nemesis
