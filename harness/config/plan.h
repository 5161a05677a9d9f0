// A plan: what `ordeal run` does, as typed values. Defaults are the member initialisers. Plain values; any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nemesis/plan/schedule.h"
#include "workloads/workload.h"

namespace ordeal::harness {

struct Plan {
  std::string name;                                              // required; names the folder in the store
  std::string target = "raftd";                                  // a file of configs/targets/ without .yaml, or a path
  int nodes = 5;                                                 // 1..250
  int spares = 0;                                                // nodes more, which start only when they are added
  std::chrono::nanoseconds duration = std::chrono::seconds(60);  // of load under faults
  std::optional<std::uint64_t> seed;                             // nullopt: drawn by the harness
  int clients = 10;
  double rate = 0;  // operations a second over all clients; 0: as fast as answers come
  std::chrono::nanoseconds timeout = std::chrono::seconds(2);  // of one request
  std::string pin;                   // a node to which every client talks; empty: spread over all nodes
  workloads::WorkloadSpec workload;  // a register, unless said otherwise
  nemesis::NemesisSpec nemesis;
  std::map<std::string, std::string> knobs;  // of the target: which choice of each; see Target::knobs
  std::vector<std::string> checks{"linearizable", "liveness", "availability", "log-alarms",
                                  "status"};  // all of the workload
  std::chrono::nanoseconds recovery_within = std::chrono::seconds(20);
  std::chrono::nanoseconds availability_within = std::chrono::seconds(10);
  std::chrono::nanoseconds check_time_limit = std::chrono::minutes(5);
  std::size_t check_memory_limit = std::size_t{4} << 30;
  bool operator==(const Plan&) const = default;
};

// A plan or target that cannot be used. what() reads `file:line:column: key: what is wrong; what would be right`.
// Exit code 254.
class ConfigError;  // harness/config/config_error.h

// Reads a plan. `overrides` are the `--set path=value` of the command line, applied before the values are checked; an
// error in one of them names it instead of file:line:column. Unknown keys are errors.
Plan parse_plan(std::string_view yaml, const std::string& file, const std::vector<std::string>& overrides);
Plan load_plan(const std::filesystem::path& file, const std::vector<std::string>& overrides);

// The complete plan, every default spelled out, such that parse_plan gives the same plan again.
std::string to_yaml(const Plan& plan);

}  // namespace ordeal::harness
