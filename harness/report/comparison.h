// Runs of one plan on several targets, side by side. Pure; any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/report/fault_spans.h"
#include "harness/report/results.h"

namespace ordeal::harness {

using Stalls = std::map<std::string, std::chrono::nanoseconds>;  // by fault: "partition halves"

// For each fault the longest time without an ok answer, within [began, ended], that touched one of its spans; 0: there
// were answers all the time. Time that went on after the healing belongs to it: that is how long the target needed.
// `ok` are the times of ok answers, in their order.
Stalls longest_stalls(const std::vector<std::chrono::nanoseconds>& ok, const std::vector<FaultSpan>& spans,
                      std::chrono::nanoseconds began, std::chrono::nanoseconds ended);

struct ComparedRun {
  std::string target;
  std::uint64_t seed = 0;
  std::string verdict;  // as people read it; "harness failure" when there is none
  std::string why{};    // of a verdict that is not valid: its first finding; of a harness failure: what was said
  double ok_per_second = 0;
  Latencies latencies{};
  std::chrono::nanoseconds longest_stall{0};
  Stalls stalls{};
  std::string folder{};  // of the run
};

// One table of the runs, and one of the stalls: of each target the longest over its runs. For a terminal or a file.
std::string to_table(const std::vector<ComparedRun>& runs);
std::string to_json(const std::vector<ComparedRun>& runs);

}  // namespace ordeal::harness
