// What a run was and what was found: the contents of results.json, and all that the reports are made of besides the
// history. Plain values; any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checker/event.h"
#include "checker/verdict.h"

namespace ordeal::harness {

struct OutcomeCounts {
  std::uint64_t ok = 0, fail = 0, info = 0;
  bool operator==(const OutcomeCounts&) const = default;
};

inline OutcomeCounts operator+(const OutcomeCounts& a, const OutcomeCounts& b) {
  return {.ok = a.ok + b.ok, .fail = a.fail + b.fail, .info = a.info + b.info};
}

struct FaultCounts {
  std::uint64_t injected = 0;
  std::uint64_t with_effect = 0;
  bool operator==(const FaultCounts&) const = default;
};

struct Latencies {  // of the operations that returned ok
  std::chrono::nanoseconds p50{0}, p99{0}, max{0};
  bool operator==(const Latencies&) const = default;
};

struct NodeExit {
  std::string node;
  std::chrono::nanoseconds time{0};
  bool expected = true;                 // the nemesis did it
  std::string status;                   // "signal 9", "exit status 1"
  std::vector<std::string> last_lines;  // of its output, with an unexpected exit
  bool operator==(const NodeExit&) const = default;
};

// What the check beside the load saw, while the run went on.
struct SeenViolation {
  std::chrono::nanoseconds time{0};  // when it saw it
  std::string check;                 // "linearizable"
  std::string summary;
  bool ended_load = true;  // false: the run was to keep going
  bool operator==(const SeenViolation&) const = default;
};

// Copies of what a node held when all nodes were stopped at a violation.
struct FrozenNode {
  std::string node;
  std::string folder;  // within the run folder: "nodes/n1/frozen"
  std::uint64_t files = 0, bytes = 0;
  std::string status;                // where its status.json comes from: "asked just before it was stopped"
  std::vector<std::string> skipped;  // what was not copied, and why
  bool operator==(const FrozenNode&) const = default;
};

struct Results {
  std::string plan;  // name
  std::string target;
  std::uint64_t seed = 0;
  std::string started;                                    // UTC, ISO 8601
  std::chrono::nanoseconds load_began{0}, load_ended{0};  // on the history's clock: load under faults
  std::chrono::nanoseconds ended{0};
  checker::Verdict verdict = checker::Verdict::valid;
  std::vector<checker::Finding> findings;
  std::map<std::string, OutcomeCounts> operations;  // by f
  std::map<std::string, std::uint64_t> errors;      // by Event::error
  Latencies latencies;
  std::map<std::string, FaultCounts> faults;  // by to_string(fault): "partition halves", "kill leader"
  std::chrono::nanoseconds longest_stall{0};  // without an ok return while load was on, its edges included
  std::vector<NodeExit> exits;
  std::optional<SeenViolation> seen_online;
  std::vector<FrozenNode> frozen;
  std::string repeat_command;  // the exact command that repeats the run
};

OutcomeCounts all_operations(const Results& results);

// Everything of Results that the history alone says: operations, errors, latencies, faults, longest_stall; what they
// held before is replaced. Set load_began and load_ended before (both 0: the load is taken to last from the first event
// of a client to the last). A call without a return is counted as info.
//
// Nemesis events are {"process":"nemesis","type":"info","f":"partition","value":{"id":4,"phase":"injected"|"healed",
// "fault":"partition halves","grudge":{...}|"nodes":[...],"effect":true,"evidence":{"dropped_packets":112},
// "note":"..."}}; the effect of a fault is what its "healed" event says (the "injected" one when it was never healed).
void count_history(const checker::History& history, Results& results);

}  // namespace ordeal::harness
