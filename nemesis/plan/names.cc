#include "nemesis/plan/names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cassert>

namespace ordeal::nemesis {
namespace {

template <typename T>
std::string_view name_in(const std::vector<Named<T>>& table, T value) {
  for (const Named<T>& entry : table) {
    if (entry.value == value) return entry.name;
  }
  assert(false && "every value stands in its table");
  return {};
}

template <typename T>
std::optional<T> value_in(const std::vector<Named<T>>& table, std::string_view name) {
  for (const Named<T>& entry : table) {
    if (entry.name == name) return entry.value;
  }
  return std::nullopt;
}

template <typename What>
std::string process_fault(FaultKind kind, const What& what) {
  return fmt::format("{} {}", name_of(kind), to_string(what.selector));
}

}  // namespace

const std::vector<Named<FaultKind>>& fault_kinds() {
  static const std::vector<Named<FaultKind>> table{
      {FaultKind::kill, "kill", "SIGKILL to every process of a node, which is later started again"},
      {FaultKind::stop, "stop", "SIGTERM to every process of a node, which is later started again"},
      {FaultKind::pause, "pause", "SIGSTOP to every process of a node, later SIGCONT"},
      {FaultKind::partition, "partition", "nodes drop the packets of others"},
      {FaultKind::transfer, "transfer", "the leader is asked to hand the leadership to another node"},
      {FaultKind::membership, "membership", "servers are added, removed, replaced, promoted; later as before"},
      {FaultKind::power_failure, "power-failure", "SIGKILL, and all that was not synced is gone; later started again"},
      {FaultKind::io_error, "io-error", "a node's writes, syncs or renames fail with EIO or ENOSPC"},
      {FaultKind::slow_disk, "slow-disk", "every sync of a node takes longer"},
      {FaultKind::disk_full, "disk-full", "no file of a node grows, and none is created: ENOSPC"},
      {FaultKind::packets, "packets", "packets of some links come late, twice, broken, in another order, or never"},
      {FaultKind::clock, "clock", "the programs of a node are told another time"},
      {FaultKind::corrupt_file, "corrupt-file", "SIGKILL, and a file is damaged meanwhile; later started again"},
      {FaultKind::crash_loop, "crash-loop", "SIGKILL, and again soon after each of the next starts; then left running"},
      {FaultKind::starve, "starve",
       "SIGSTOP and SIGCONT in turn: a node has the processor for a small share of the time"},
      {FaultKind::upgrade, "upgrade", "nodes restart one by one as the target's other version, and later back"},
  };
  return table;
}

const std::vector<Named<PartitionKind>>& partition_kinds() {
  static const std::vector<Named<PartitionKind>> table{
      {PartitionKind::isolate_one, "isolate-one", "one node hears and is heard by nobody"},
      {PartitionKind::isolate_leader, "isolate-leader", "the leader hears and is heard by nobody"},
      {PartitionKind::halves, "halves", "two halves, one larger by one when the number is odd"},
      {PartitionKind::minority_third, "minority-third", "less than a third cut off from the rest"},
      {PartitionKind::majorities_ring, "majorities-ring", "every node sees a majority, no two the same one"},
      {PartitionKind::bridge, "bridge", "two halves, and one node that sees both"},
      {PartitionKind::one_way, "one-way", "one node is deaf but heard, or mute but hears"},
      {PartitionKind::random_graph, "random-graph", "each directed link is cut with a probability of one half"},
      {PartitionKind::partial, "partial", "a random graph in which all reach each other, but not all directly"},
      {PartitionKind::leader_bridge, "leader-bridge", "two halves, and the leader alone sees both"},
      {PartitionKind::leader_edge, "leader-edge", "the leader sees only one node, which sees all"},
      {PartitionKind::graph, "graph",
       "graphs: numbers of directed graphs, a bit for each link; without, every graph of 2 to 4 nodes"},
  };
  return table;
}

const std::vector<Named<MembershipKind>>& membership_kinds() {
  static const std::vector<Named<MembershipKind>> table{
      {MembershipKind::add, "add", "a spare node joins, catches up and votes, and is removed later"},
      {MembershipKind::remove_follower, "remove-follower", "a removed voter runs on, and joins anew later"},
      {MembershipKind::remove_leader, "remove-leader", "the same with the leader"},
      {MembershipKind::remove_two, "remove-two", "two followers are removed at the same moment, and join anew later"},
      {MembershipKind::replace, "replace", "a follower is removed, loses its data and joins as a new server"},
      {MembershipKind::promote, "promote", "a learner, or a spare that joins as one, becomes a voter"},
  };
  return table;
}

const std::vector<Named<Torn>>& torn_kinds() {
  static const std::vector<Named<Torn>> table{
      {Torn::no, "false", "all that was not synced is gone"},
      {Torn::yes, "true", "of what was not synced some is there, the last write of it in part"},
      {Torn::draw, "draw", "one or the other, by the draw of the fault"},
  };
  return table;
}

const std::vector<Named<PacketKind>>& packet_kinds() {
  static const std::vector<Named<PacketKind>> table{
      {PacketKind::delay, "delay", "each packet comes later by delay, more or less by jitter"},
      {PacketKind::loss, "loss", "percent of the packets never come"},
      {PacketKind::duplicate, "duplicate", "percent of the packets come twice"},
      {PacketKind::reorder, "reorder", "percent of the packets overtake the others, which come later by delay"},
      {PacketKind::corrupt, "corrupt", "percent of the packets have a bit flipped; the receiving kernel drops them"},
      {PacketKind::corrupt_payload, "corrupt-payload",
       "the same with mended checksums, so that programs get them; between nodes only"},
      {PacketKind::rate, "rate", "no more than kbit a second pass; a queue of 1000 packets waits"},
      {PacketKind::reset, "reset", "connections older than period, and all at first, are reset at both ends"},
      {PacketKind::late, "late",
       "what a connection carries is held up for period and its sender reset, so that its next one overtakes it"},
  };
  return table;
}

const std::vector<Named<ClockKind>>& clock_kinds() {
  static const std::vector<Named<ClockKind>> table{
      {ClockKind::jump, "jump", "forward or back by 11ms..288s (by:), the monotonic clock only forward"},
      {ClockKind::drift, "drift", "runs at 0.5..2 times the right rate (rate:)"},
      {ClockKind::strobe, "strobe", "the wall clock goes there and back by 11ms..288s every 1ms..1s (by:, period:)"},
      {ClockKind::freeze, "freeze", "stands still"},
  };
  return table;
}

const std::vector<Named<DiskCall>>& disk_calls() {
  static const std::vector<Named<DiskCall>> table{
      {DiskCall::write, "write", "writing, cutting and lengthening files"},
      {DiskCall::fsync, "fsync", "syncing files and folders"},
      {DiskCall::rename, "rename", "renaming files"},
  };
  return table;
}

const std::vector<Named<LinkChoice>>& link_choices() {
  static const std::vector<Named<LinkChoice>> table{
      {LinkChoice::all, "all", "every link"},
      {LinkChoice::one_link, "one-link", "one link, one way"},
      {LinkChoice::one_node, "one-node", "what one node sends and gets"},
      {LinkChoice::leader, "leader", "what the leader sends and gets"},
      {LinkChoice::from_leader, "from-leader", "what the leader sends"},
      {LinkChoice::to_leader, "to-leader", "what the leader gets"},
      {LinkChoice::random, "random", "each directed link with a probability of one half"},
  };
  return table;
}

const std::vector<Named<DiskError>>& disk_errors() {
  static const std::vector<Named<DiskError>> table{
      {DiskError::eio, "EIO", "input/output error"},
      {DiskError::enospc, "ENOSPC", "no space left on device"},
  };
  return table;
}

const std::vector<Named<Scope>>& scopes() {
  static const std::vector<Named<Scope>> table{
      {Scope::nodes, "nodes", "all that nodes send to nodes"},
      {Scope::peers, "peers", "between nodes, from or to the target's peer port only"},
      {Scope::clients, "clients", "between clients and nodes; nodes hear each other"},
      {Scope::all, "all", "nodes and clients"},
  };
  return table;
}

const std::vector<Named<Distribution>>& distributions() {
  static const std::vector<Named<Distribution>> table{
      {Distribution::normal, "normal", "jitter is the standard deviation"},
      {Distribution::uniform, "uniform", "within jitter, before and after"},
      {Distribution::pareto, "pareto", "jitter is the standard deviation; a few come very late"},
  };
  return table;
}

const std::vector<Named<ClockFace>>& clock_faces() {
  static const std::vector<Named<ClockFace>> table{
      {ClockFace::wall, "wall", "CLOCK_REALTIME, gettimeofday, time; right again when it heals"},
      {ClockFace::monotonic, "monotonic", "CLOCK_MONOTONIC, _BOOTTIME; never goes back, also when it heals"},
      {ClockFace::both, "both", "both of them, in the same way"},
  };
  return table;
}

const std::vector<Named<CorruptKind>>& corrupt_kinds() {
  static const std::vector<Named<CorruptKind>> table{
      {CorruptKind::bit_flip, "bit-flip", "one bit of a file is another"},
      {CorruptKind::truncate, "truncate", "a file ends too early"},
      {CorruptKind::wipe, "wipe", "the data folder is emptied; what is lost from then on is the target's right"},
  };
  return table;
}

const std::vector<Named<Target>>& targets() {
  static const std::vector<Named<Target>> table{
      {Target::one, "one", "one node"},
      {Target::minority, "minority", "one node less than a majority"},
      {Target::majority, "majority", "the smallest majority"},
      {Target::minority_third, "minority-third", "the largest number below a third"},
      {Target::leader, "leader", "the node that leads"},
      {Target::followers, "followers", "every node but the leader"},
      {Target::all, "all", "every node"},
  };
  return table;
}

const std::vector<Named<EventKind>>& event_kinds() {
  static const std::vector<Named<EventKind>> table{
      {EventKind::elected, "elected", "another node leads than before"},
      {EventKind::acknowledged, "acknowledged", "a write was answered ok"},
      {EventKind::line, "line", "a node writes a line with that text in it"},
      {EventKind::behind, "behind", "a node has applied so many entries fewer than are committed"},
      {EventKind::fsync, "fsync", "a node is about to sync; the call waits until the fault has struck"},
      {EventKind::synced, "synced", "a sync is over; its answer waits until the fault has struck"},
      {EventKind::append, "append", "a packet of the leader came to a peer; it waits until the fault has struck"},
  };
  return table;
}

const std::vector<Named<Place>>& places() {
  static const std::vector<Named<Place>> table{
      {Place::any, "any", "any node; of syncs, each is counted for itself"},
      {Place::leader, "leader", "the node that leads"},
      {Place::follower, "follower", "any node but the leader"},
  };
  return table;
}

std::string_view name_of(FaultKind kind) {
  return name_in(fault_kinds(), kind);
}
std::string_view name_of(PartitionKind kind) {
  return name_in(partition_kinds(), kind);
}
std::string_view name_of(MembershipKind kind) {
  return name_in(membership_kinds(), kind);
}
std::string_view name_of(Torn torn) {
  return name_in(torn_kinds(), torn);
}
std::string_view name_of(DiskCall call) {
  return name_in(disk_calls(), call);
}
std::string_view name_of(DiskError error) {
  return name_in(disk_errors(), error);
}
std::string_view name_of(PacketKind kind) {
  return name_in(packet_kinds(), kind);
}
std::string_view name_of(LinkChoice choice) {
  return name_in(link_choices(), choice);
}
std::string_view name_of(Scope scope) {
  return name_in(scopes(), scope);
}
std::string_view name_of(Distribution distribution) {
  return name_in(distributions(), distribution);
}
std::string_view name_of(ClockKind kind) {
  return name_in(clock_kinds(), kind);
}
std::string_view name_of(ClockFace clock) {
  return name_in(clock_faces(), clock);
}
std::string_view name_of(CorruptKind kind) {
  return name_in(corrupt_kinds(), kind);
}
std::string_view name_of(Target target) {
  if (target == Target::event) return name_of_event_target;
  return target == Target::named ? "named" : name_in(targets(), target);
}

std::string_view name_of(EventKind kind) {
  return name_in(event_kinds(), kind);
}

std::string place_of(const Event& event) {
  return event.at == Place::named ? event.node : std::string(name_in(places(), event.at));
}

std::string to_string(const Event& event) {
  std::string text = fmt::format("{} {}", name_of(event.kind), event.count);
  if (event.kind == EventKind::line) text = "line";
  if (!event.text.empty()) text += fmt::format(" \"{}\"", event.text);
  if (event.at != Place::any) text += " at " + place_of(event);
  return text;
}

std::string to_string(const Trigger& trigger) {
  std::string text;
  for (const Event& event : trigger.events) text += (text.empty() ? "" : ", then ") + to_string(event);
  return text;
}

std::string to_string(const Selector& selector) {
  if (selector.target != Target::named) return std::string(name_of(selector.target));
  return fmt::format("[{}]", fmt::join(selector.named, ", "));
}

std::optional<FaultKind> fault_kind_named(std::string_view name) {
  return value_in(fault_kinds(), name);
}
std::optional<PartitionKind> partition_kind_named(std::string_view name) {
  return value_in(partition_kinds(), name);
}
std::optional<MembershipKind> membership_kind_named(std::string_view name) {
  return value_in(membership_kinds(), name);
}
std::optional<Torn> torn_named(std::string_view name) {
  return value_in(torn_kinds(), name);
}
std::optional<DiskCall> disk_call_named(std::string_view name) {
  return value_in(disk_calls(), name);
}
std::optional<DiskError> disk_error_named(std::string_view name) {
  return value_in(disk_errors(), name);
}
std::optional<PacketKind> packet_kind_named(std::string_view name) {
  return value_in(packet_kinds(), name);
}
std::optional<LinkChoice> link_choice_named(std::string_view name) {
  return value_in(link_choices(), name);
}
std::optional<Scope> scope_named(std::string_view name) {
  return value_in(scopes(), name);
}
std::optional<Distribution> distribution_named(std::string_view name) {
  return value_in(distributions(), name);
}
std::optional<ClockKind> clock_kind_named(std::string_view name) {
  return value_in(clock_kinds(), name);
}
std::optional<ClockFace> clock_face_named(std::string_view name) {
  return value_in(clock_faces(), name);
}
std::optional<CorruptKind> corrupt_kind_named(std::string_view name) {
  return value_in(corrupt_kinds(), name);
}
std::optional<EventKind> event_kind_named(std::string_view name) {
  return value_in(event_kinds(), name);
}
std::optional<Place> place_named(std::string_view name) {
  return value_in(places(), name);
}
std::optional<Target> target_named(std::string_view name) {
  if (name == name_of_event_target) return Target::event;
  return value_in(targets(), name);
}

bool needs_disks(const Fault& fault) {
  return std::holds_alternative<PowerFailure>(fault) || std::holds_alternative<IoError>(fault) ||
         std::holds_alternative<SlowDisk>(fault) || std::holds_alternative<DiskFull>(fault) ||
         std::holds_alternative<CorruptFile>(fault);
}

namespace {

std::string seconds(std::chrono::nanoseconds time) {
  return fmt::format("{:g} s", std::chrono::duration<double>(time).count());
}

}  // namespace

std::string amount_of(const ClockChange& change) {
  switch (change.kind) {
    case ClockKind::jump:
      return fmt::format("by {}{}", change.by.count() < 0 ? "" : "+", seconds(change.by));
    case ClockKind::drift:
      return fmt::format("at {:g} times the rate", static_cast<double>(change.rate_ppm) / 1e6);
    case ClockKind::strobe:
      return fmt::format("by {} every {}", seconds(change.by), seconds(change.period));
    case ClockKind::freeze:
      break;
  }
  return "";
}

std::string kind_of(const Fault& fault) {
  return std::string(name_of(FaultKind{static_cast<std::uint8_t>(fault.index())}));
}

std::string to_string(const Fault& fault) {
  if (const auto* kill = std::get_if<Kill>(&fault)) return process_fault(FaultKind::kill, *kill);
  if (const auto* stop = std::get_if<Stop>(&fault)) return process_fault(FaultKind::stop, *stop);
  if (const auto* pause = std::get_if<Pause>(&fault)) return process_fault(FaultKind::pause, *pause);
  if (std::holds_alternative<Transfer>(fault)) return std::string(name_of(FaultKind::transfer));
  if (const auto* membership = std::get_if<Membership>(&fault)) {
    return fmt::format("{} {}", name_of(FaultKind::membership), name_of(membership->kind));
  }
  if (const auto* power = std::get_if<PowerFailure>(&fault)) {
    const std::string_view torn = power->torn == Torn::yes ? " torn" : "";
    return process_fault(FaultKind::power_failure, *power) + std::string(torn);
  }
  if (const auto* error = std::get_if<IoError>(&fault)) {
    return fmt::format("{} {} {} {}", name_of(FaultKind::io_error), to_string(error->selector), name_of(error->call),
                       name_of(error->error));
  }
  if (const auto* slow = std::get_if<SlowDisk>(&fault)) return process_fault(FaultKind::slow_disk, *slow);
  if (const auto* corrupt = std::get_if<CorruptFile>(&fault)) {
    return fmt::format("{} {}", process_fault(FaultKind::corrupt_file, *corrupt), name_of(corrupt->kind));
  }
  if (const auto* loop = std::get_if<CrashLoop>(&fault)) return process_fault(FaultKind::crash_loop, *loop);
  if (const auto* starve = std::get_if<Starve>(&fault)) return process_fault(FaultKind::starve, *starve);
  if (const auto* upgrade = std::get_if<Upgrade>(&fault)) {
    return process_fault(FaultKind::upgrade, *upgrade) + (upgrade->keep ? " keep" : "");
  }
  if (const auto* full = std::get_if<DiskFull>(&fault)) return process_fault(FaultKind::disk_full, *full);
  if (const auto* packets = std::get_if<Packets>(&fault)) {
    return fmt::format("{} {} {}", name_of(FaultKind::packets), name_of(packets->kind), name_of(packets->links));
  }
  if (const auto* change = std::get_if<ClockChange>(&fault)) {
    return fmt::format("clock {} {} {}", name_of(change->kind), name_of(change->clock), to_string(change->selector));
  }
  const auto& partition = std::get<Partition>(fault);
  std::string text = fmt::format("{} {}", name_of(FaultKind::partition), name_of(partition.kind));
  if (partition.graph) text += fmt::format(" {}", *partition.graph);
  return partition.scope == Scope::nodes ? text : fmt::format("{} {}", text, name_of(partition.scope));
}

}  // namespace ordeal::nemesis
