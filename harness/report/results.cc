#include "harness/report/results.h"

#include <algorithm>
#include <cstddef>

#include "harness/report/fault_spans.h"
#include "harness/report/operations.h"
#include "harness/report/quantiles.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using std::chrono::nanoseconds;

void count_outcome(const PairedOperation& operation, Results& results) {
  OutcomeCounts& counts = results.operations[operation.first().f];
  const EventType outcome = operation.outcome();
  if (outcome == EventType::ok) {
    ++counts.ok;
  } else if (outcome == EventType::fail) {
    ++counts.fail;
  } else {
    ++counts.info;
  }
  const Event* completion = operation.completion;
  if (completion != nullptr && outcome != EventType::ok && !completion->error.empty()) {
    ++results.errors[completion->error];
  }
}

// The stretch of time in which progress is expected.
struct Window {
  nanoseconds began, ended;
};

Window load_window(const checker::History& history, const Results& results) {
  if (results.load_ended > results.load_began) return {results.load_began, results.load_ended};
  const auto is_client = [](const Event& event) { return event.process != checker::nemesis_process; };
  const auto first = std::find_if(history.begin(), history.end(), is_client);
  if (first == history.end()) return {nanoseconds(0), nanoseconds(0)};
  return {first->time, std::find_if(history.rbegin(), history.rend(), is_client)->time};
}

nanoseconds longest_stall(const checker::History& history, const Window& load) {
  nanoseconds longest{0};
  nanoseconds last_ok = load.began;
  for (const Event& event : history) {
    if (event.type != EventType::ok || event.process == checker::nemesis_process) continue;
    if (event.time <= load.began) continue;
    if (event.time >= load.ended) break;
    longest = std::max(longest, event.time - last_ok);
    last_ok = event.time;
  }
  return std::max(longest, load.ended - last_ok);
}

}  // namespace

OutcomeCounts all_operations(const Results& results) {
  OutcomeCounts all;
  for (const auto& [f, counts] : results.operations) all = all + counts;
  return all;
}

void count_history(const checker::History& history, Results& results) {
  results.operations.clear();
  results.errors.clear();
  results.faults.clear();
  results.latencies = {};
  std::vector<nanoseconds> latencies;
  for (const PairedOperation& operation : pair_operations(history)) {
    count_outcome(operation, results);
    if (operation.call != nullptr && operation.outcome() == EventType::ok) {
      latencies.push_back(operation.completion->time - operation.call->time);
    }
  }
  if (!latencies.empty()) {
    results.latencies = {.p50 = quantile_of(latencies, 0.50),
                         .p99 = quantile_of(latencies, 0.99),
                         .max = *std::max_element(latencies.begin(), latencies.end())};
  }
  for (const FaultSpan& span : fault_spans(history)) {
    FaultCounts& counts = results.faults[span.fault];
    ++counts.injected;
    counts.with_effect += span.effect ? 1 : 0;
  }
  results.longest_stall = longest_stall(history, load_window(history, results));
}

}  // namespace ordeal::harness
