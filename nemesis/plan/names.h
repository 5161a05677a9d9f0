// The one table of names: what plans, histories and reports call each fault, target and kind of partition. Pure; any
// thread.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nemesis/plan/fault.h"

namespace ordeal::nemesis {

template <typename T>
struct Named {
  T value;
  std::string_view name;         // "majorities-ring"
  std::string_view description;  // half a sentence, for `ordeal list faults` and error messages
};

enum class FaultKind : std::uint8_t {
  kill,
  stop,
  pause,
  partition,
  transfer,
  membership,
  power_failure,
  io_error,
  slow_disk,
  disk_full,
  packets,
  clock,
  corrupt_file,
  crash_loop,
  starve,
  upgrade
};  // in the order of Fault's alternatives

const std::vector<Named<FaultKind>>& fault_kinds();
const std::vector<Named<PartitionKind>>& partition_kinds();
const std::vector<Named<MembershipKind>>& membership_kinds();
const std::vector<Named<Torn>>& torn_kinds();
const std::vector<Named<DiskCall>>& disk_calls();
const std::vector<Named<DiskError>>& disk_errors();
const std::vector<Named<PacketKind>>& packet_kinds();
const std::vector<Named<LinkChoice>>& link_choices();
const std::vector<Named<Scope>>& scopes();
const std::vector<Named<Distribution>>& distributions();
const std::vector<Named<ClockKind>>& clock_kinds();
const std::vector<Named<ClockFace>>& clock_faces();
const std::vector<Named<CorruptKind>>& corrupt_kinds();
const std::vector<Named<EventKind>>& event_kinds();
const std::vector<Named<Place>>& places();  // without Place::named, which a plan writes as n2
// Without Target::named, which a plan writes as a list of nodes: [n1, n3], and without Target::event, which means
// something to faults only that wait for an event.
const std::vector<Named<Target>>& targets();

std::string_view name_of(FaultKind kind);
std::string_view name_of(PartitionKind kind);
std::string_view name_of(MembershipKind kind);
std::string_view name_of(Torn torn);
std::string_view name_of(DiskCall call);
std::string_view name_of(DiskError error);
std::string_view name_of(PacketKind kind);
std::string_view name_of(LinkChoice choice);
std::string_view name_of(Scope scope);
std::string_view name_of(Distribution distribution);
std::string_view name_of(ClockKind kind);
std::string_view name_of(ClockFace clock);
std::string_view name_of(CorruptKind kind);
std::string_view name_of(EventKind kind);
std::string place_of(const Event& event);       // "leader", "n2"
std::string to_string(const Event& event);      // "fsync 3 \"snapshot\" at leader"
std::string to_string(const Trigger& trigger);  // "elected 1, then append 2"
inline constexpr std::string_view name_of_event_target = "event";
std::string_view name_of(Target target);           // "named" for Target::named
std::string amount_of(const ClockChange& change);  // "by -60 s", "at 1.5 times the rate"; of a freeze nothing
std::string to_string(const Selector& selector);   // "leader"; of named nodes "[n1, n3]"

std::optional<FaultKind> fault_kind_named(std::string_view name);
std::optional<PartitionKind> partition_kind_named(std::string_view name);
std::optional<MembershipKind> membership_kind_named(std::string_view name);
std::optional<Torn> torn_named(std::string_view name);
std::optional<DiskCall> disk_call_named(std::string_view name);
std::optional<DiskError> disk_error_named(std::string_view name);
std::optional<PacketKind> packet_kind_named(std::string_view name);
std::optional<LinkChoice> link_choice_named(std::string_view name);
std::optional<Scope> scope_named(std::string_view name);
std::optional<Distribution> distribution_named(std::string_view name);
std::optional<ClockKind> clock_kind_named(std::string_view name);
std::optional<ClockFace> clock_face_named(std::string_view name);
std::optional<CorruptKind> corrupt_kind_named(std::string_view name);
std::optional<EventKind> event_kind_named(std::string_view name);
std::optional<Place> place_named(std::string_view name);
std::optional<Target> target_named(std::string_view name);

}  // namespace ordeal::nemesis
