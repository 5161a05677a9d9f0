// Draws a schedule of faults from a seed. Pure; any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nemesis/plan/fault.h"

namespace ordeal::nemesis {

// Not one kill or pause, but many short ones on end, as long as one would have lasted.
struct Repeat {
  int times = 1;  // at most
  DurationRange down, up;
  bool operator==(const Repeat&) const = default;
};

// One entry of a plan's `faults` list: a kind, and what the draws choose from.
struct KillSpec {
  std::vector<Selector> targets{{Target::one}, {Target::minority}, {Target::leader}};
  // A crash loop: killed again soon after each start, during start and recovery.
  Repeat repeat{1,
                {std::chrono::milliseconds(1), std::chrono::milliseconds(20)},
                {std::chrono::milliseconds(5), std::chrono::milliseconds(500)}};
  bool operator==(const KillSpec&) const = default;
};
struct StopSpec {
  std::vector<Selector> targets{{Target::one}, {Target::leader}};
  bool operator==(const StopSpec&) const = default;
};
struct PauseSpec {
  std::vector<Selector> targets{{Target::one}, {Target::leader}};
  // Starvation: the node gets the processor now and then only.
  Repeat repeat{1,
                {std::chrono::milliseconds(20), std::chrono::milliseconds(100)},
                {std::chrono::milliseconds(5), std::chrono::milliseconds(30)}};
  bool operator==(const PauseSpec&) const = default;
};
struct PartitionSpec {
  std::vector<PartitionKind> kinds{PartitionKind::isolate_one, PartitionKind::isolate_leader, PartitionKind::halves};
  Scope scope = Scope::nodes;
  // Of PartitionKind::graph; each is a choice like a kind. Empty: every one there is (feasible() lists them), if the
  // nodes are few enough.
  std::vector<std::uint64_t> graphs{};
  bool operator==(const PartitionSpec&) const = default;
};
struct TransferSpec {
  bool operator==(const TransferSpec&) const = default;
};
struct MembershipSpec {
  std::vector<MembershipKind> kinds{MembershipKind::remove_follower, MembershipKind::remove_leader,
                                    MembershipKind::replace};
  int least_voters = 3;  // no change leaves fewer
  bool operator==(const MembershipSpec&) const = default;
};
struct PacketsSpec {  // every kind on every choice of links comes equally often
  std::vector<PacketKind> kinds{PacketKind::delay,   PacketKind::loss, PacketKind::duplicate, PacketKind::reorder,
                                PacketKind::corrupt, PacketKind::rate, PacketKind::reset,     PacketKind::late};
  std::vector<LinkChoice> links{LinkChoice::all, LinkChoice::one_node, LinkChoice::leader};
  Scope scope = Scope::all;
  PacketSettings settings{};
  bool operator==(const PacketsSpec&) const = default;
};

struct PowerFailureSpec {
  std::vector<Selector> targets{{Target::all}, {Target::one}, {Target::leader}};
  Torn torn = Torn::draw;
  bool operator==(const PowerFailureSpec&) const = default;
};
struct IoErrorSpec {
  std::vector<Selector> targets{{Target::one}, {Target::leader}};
  std::vector<DiskCall> calls{DiskCall::write, DiskCall::fsync, DiskCall::rename};
  std::vector<DiskError> errors{DiskError::eio, DiskError::enospc};
  bool operator==(const IoErrorSpec&) const = default;
};
struct SlowDiskSpec {
  std::vector<Selector> targets{{Target::one}, {Target::leader}};
  DurationRange delay{std::chrono::milliseconds(20), std::chrono::milliseconds(500)};  // of each sync; drawn per fault
  bool operator==(const SlowDiskSpec&) const = default;
};
struct DiskFullSpec {
  std::vector<Selector> targets{{Target::one}, {Target::leader}};
  bool operator==(const DiskFullSpec&) const = default;
};

struct ClockSpec {
  std::vector<ClockKind> kinds{ClockKind::jump, ClockKind::drift, ClockKind::strobe, ClockKind::freeze};
  std::vector<ClockFace> clocks{ClockFace::wall, ClockFace::monotonic};
  std::vector<Selector> targets{{Target::one}, {Target::minority}, {Target::leader}};
  DurationRange by{std::chrono::milliseconds(11), std::chrono::seconds(288)};  // Jepsen's, as the next one
  DurationRange period{std::chrono::milliseconds(1), std::chrono::seconds(1)};
  std::int64_t least_rate_ppm = 500'000, most_rate_ppm = 2'000'000;
  bool operator==(const ClockSpec&) const = default;
};

struct CorruptFileSpec {
  std::vector<Selector> targets{{Target::one}, {Target::leader}};
  std::vector<CorruptKind> kinds{CorruptKind::bit_flip, CorruptKind::truncate};
  bool beyond_minority = false;
  bool operator==(const CorruptFileSpec&) const = default;
};

struct CrashLoopSpec {
  std::vector<Selector> targets{{Target::one}, {Target::minority}, {Target::leader}};
  int least_times = 2, most_times = 6;  // drawn per fault
  DurationRange alive = CrashLoop().alive, down = CrashLoop().down;
  bool operator==(const CrashLoopSpec&) const = default;
};

struct StarveSpec {
  std::vector<Selector> targets{{Target::one}, {Target::leader}};
  int share_percent = Starve().share_percent;
  DurationRange period{std::chrono::milliseconds(20), std::chrono::milliseconds(500)};  // drawn per fault
  bool operator==(const StarveSpec&) const = default;
};

struct UpgradeSpec {
  std::vector<Selector> targets{{Target::one}, {Target::minority}, {Target::leader}, {Target::all}};
  bool keep = false;
  bool operator==(const UpgradeSpec&) const = default;
};

struct FaultSpec {
  std::variant<KillSpec, StopSpec, PauseSpec, PartitionSpec, TransferSpec, MembershipSpec, PowerFailureSpec,
               IoErrorSpec, SlowDiskSpec, DiskFullSpec, PacketsSpec, ClockSpec, CorruptFileSpec, CrashLoopSpec,
               StarveSpec, UpgradeSpec>
      what;
  std::optional<DurationRange> lasting = std::nullopt;  // nullopt: the nemesis' own
  std::optional<Trigger> when = std::nullopt;           // nullopt: injected at a time that is drawn
  bool operator==(const FaultSpec&) const = default;
};

struct NemesisSpec {
  std::chrono::nanoseconds interval = std::chrono::seconds(5);  // mean time between injections
  DurationRange lasting{std::chrono::seconds(1), std::chrono::seconds(8)};
  int at_once = 1;  // faults active at the same time, at most
  std::vector<FaultSpec> faults;
  bool swarm = false;  // all of the above is still to be drawn (swarm.h)
  bool operator==(const NemesisSpec&) const = default;
};

// Whether one of its faults needs nodes whose system calls are watched.
bool needs_disks(const NemesisSpec& spec);
bool needs_clocks(const NemesisSpec& spec);
// Whether one of its faults waits for such an event.
bool waits_for(const NemesisSpec& spec, EventKind kind);

// Every injection and healing falls within [0, duration]; never more than `at_once` faults overlap; the first comes
// early enough that even a short run is exercised. The same arguments give the same schedule, with every standard
// library.
Schedule draw_schedule(const NemesisSpec& spec, std::chrono::nanoseconds duration, std::uint64_t seed);

// `spec` without what means nothing to so few nodes: a minority-third of three nodes, a bridge of two. Drawing from
// what is left wastes no time on faults without effect. Where it asks for every graph, they are listed.
NemesisSpec feasible(const NemesisSpec& spec, const std::vector<Node>& nodes);

}  // namespace ordeal::nemesis
