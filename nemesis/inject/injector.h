// Injects one fault, watches its effect, heals it. One thread at a time (the nemesis' own).
//
// Each injector is constructed over a Cluster and knows one mechanism. Evidence is what was *observed*, never what was
// intended: a partition that dropped no packet, a kill that met no process had no effect and says so.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nemesis/inject/cluster.h"
#include "nemesis/plan/corruptible_files.h"
#include "nemesis/plan/fault.h"

namespace ordeal::nemesis {

struct Evidence {
  bool effect = false;
  std::vector<std::pair<std::string, std::int64_t>> counts{};  // "dropped_packets": 112, "processes_stopped": 1
  std::string note{};                                          // why there was no effect, or what else was seen
};

// What a fault became when it met the cluster: at most one of the first three is filled.
struct Aim {
  Nodes nodes{};           // of any other fault
  Grudge grudge{};         // of a partition
  Grudge links{};          // of packets: links["n2"] = {"n1"} is the link from n1 to n2
  std::string why_none{};  // when all are empty
  std::uint64_t draw = 0;  // seeds what is left to choose
  bool empty() const { return nodes.empty() && grudge.empty() && links.empty(); }
};

class Control;

class Injector {
 public:
  virtual ~Injector() = default;

  // Throws std::runtime_error naming the node, the mechanism and the cure when the machine refuses.
  virtual Evidence inject(std::uint64_t id, const Fault& fault, const Aim& aim) = 0;
  // Undoes it, and verifies that it is undone. Returns the evidence of the whole time. An unknown id is an assertion.
  virtual Evidence heal(std::uint64_t id) = 0;
  // Of faults that act by and by: does what is due, and says when it wants to be called again.
  virtual std::chrono::steady_clock::time_point go_on() { return std::chrono::steady_clock::time_point::max(); }
};

// Of a fault that is made of others, such as the kills of a crash loop: their numbers, beside those of a schedule. Each
// part is injected and healed by itself.
constexpr std::uint64_t part_of(std::uint64_t id, std::uint64_t part) {
  return (part + 1) << 40 | id;
}
constexpr std::uint64_t whole_of(std::uint64_t id) {  // as people know it
  return id & ((std::uint64_t{1} << 40) - 1);
}

std::unique_ptr<Injector> make_process_injector(Cluster& cluster);  // Kill, Stop, Pause, Starve
// CrashLoop. `processes` kills and starts nodes for it, and so knows who is held down.
std::unique_ptr<Injector> make_crash_loop_injector(Cluster& cluster, Injector& processes);
std::unique_ptr<Injector> make_link_injector(Cluster& cluster);  // Partition, by iptables-restore
// PowerFailure, IoError, SlowDisk, DiskFull, CorruptFile. `processes` kills and starts nodes for it, and so knows who
// is held down.
std::unique_ptr<Injector> make_disk_injector(Cluster& cluster, Injector& processes,
                                             std::vector<CorruptibleFiles> corruptible = {});
std::unique_ptr<Injector> make_packet_injector(Cluster& cluster);  // Packets, by NFQUEUE; has a thread of its own
std::unique_ptr<Injector> make_clock_injector(Cluster& cluster);   // ClockChange
// Upgrade. `processes` stops and starts nodes for it, and so knows who is held down.
std::unique_ptr<Injector> make_upgrade_injector(Cluster& cluster, Injector& processes);
std::unique_ptr<Injector> make_transfer_injector(Cluster& cluster, Control& control);

}  // namespace ordeal::nemesis
