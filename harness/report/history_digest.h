// What the reports say of a history, gathered in one pass over its events: a run of days is digested in the memory of a
// minute's. Takes any history, also one that the checker refuses (operations.h says how it pairs). One thread.

#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "checker/event.h"
#include "harness/report/fault_spans.h"
#include "harness/report/quantiles.h"
#include "harness/report/results.h"
#include "harness/report/time_slices.h"

namespace ordeal::harness {

class HistoryDigest {
 public:
  void observe(const checker::Event& event);
  // When progress is expected, from now on or no longer. Untold: from the first event of a client to the last.
  void load_began(std::chrono::nanoseconds time);
  void load_ended(std::chrono::nanoseconds time);

  // Everything of Results that the history alone says: operations, errors, latencies, faults, longest_stall.
  void count_into(Results& results) const;

  bool empty() const { return events_ == 0; }
  std::chrono::nanoseconds end() const { return end_; }  // the latest time of all events
  const std::vector<FaultSpan>& faults() const { return faults_.spans(); }
  const std::set<std::string>& nodes() const { return nodes_; }  // that events name; the first few hundred
  TimeSlices slices(std::chrono::nanoseconds end, std::size_t most) const;

 private:
  struct Call {
    std::chrono::nanoseconds time{0};
    std::string f;
  };
  // The longest time without an ok return.
  struct Stall {
    std::chrono::nanoseconds last_ok{0}, longest{0};
    void ok(std::chrono::nanoseconds time);
  };

  void observe_client(const checker::Event& event);
  void operation_ended(const std::string& f, checker::EventType outcome, std::chrono::nanoseconds time,
                       std::optional<std::chrono::nanoseconds> latency);

  std::uint64_t events_ = 0;
  std::chrono::nanoseconds end_{0};
  std::unordered_map<checker::Process, Call> open_;
  std::map<std::string, OutcomeCounts> operations_;
  std::map<std::string, std::uint64_t> errors_;
  Durations latencies_{100'000, 10};
  TimeSlicer slicer_;
  FaultSpans faults_;
  std::set<std::string> nodes_;

  bool any_client_ = false;
  std::chrono::nanoseconds last_client_{0};
  Stall all_;                                              // of all clients' events
  std::optional<std::chrono::nanoseconds> began_, ended_;  // of the load
  Stall under_load_;
};

HistoryDigest digest_of(const checker::History& history);

}  // namespace ordeal::harness
