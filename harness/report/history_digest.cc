#include "harness/report/history_digest.h"

#include <algorithm>
#include <utility>

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using std::chrono::nanoseconds;

constexpr std::size_t most_nodes = 250;

void count(OutcomeCounts& counts, EventType outcome) {
  ++(outcome == EventType::ok ? counts.ok : outcome == EventType::fail ? counts.fail : counts.info);
}

}  // namespace

void HistoryDigest::Stall::ok(nanoseconds time) {
  longest = std::max(longest, time - last_ok);
  last_ok = time;
}

void HistoryDigest::load_began(nanoseconds time) {
  began_ = time;
  ended_.reset();
  under_load_ = {.last_ok = time, .longest = nanoseconds(0)};
}

void HistoryDigest::load_ended(nanoseconds time) {
  if (!ended_) ended_ = time;
}

void HistoryDigest::observe(const Event& event) {
  ++events_;
  end_ = std::max(end_, event.time);
  if (!event.node.empty() && nodes_.size() < most_nodes) nodes_.insert(event.node);
  if (event.process == checker::nemesis_process) {
    faults_.observe(event);
  } else {
    observe_client(event);
  }
}

void HistoryDigest::observe_client(const Event& event) {
  if (!std::exchange(any_client_, true)) all_.last_ok = event.time;
  last_client_ = event.time;
  if (event.type == EventType::invoke) {
    const auto [call, idle] = open_.try_emplace(event.process);
    // Called again before it returned: the former call stays open for ever.
    if (!idle) operation_ended(call->second.f, EventType::info, call->second.time, std::nullopt);
    call->second = {.time = event.time, .f = event.f};
    return;
  }
  if (event.type != EventType::ok && !event.error.empty()) ++errors_[event.error];
  const auto call = open_.find(event.process);
  if (call == open_.end()) {
    operation_ended(event.f, event.type, event.time, std::nullopt);
  } else {
    operation_ended(call->second.f, event.type, event.time, event.time - call->second.time);
    open_.erase(call);
  }
  if (event.type != EventType::ok) return;
  if (event.time > all_.last_ok) all_.ok(event.time);
  if (began_ && event.time > *began_ && (!ended_ || event.time < *ended_)) under_load_.ok(event.time);
}

void HistoryDigest::operation_ended(const std::string& f, EventType outcome, nanoseconds time,
                                    std::optional<nanoseconds> latency) {
  count(operations_[f], outcome);
  slicer_.add(time, outcome, latency);
  if (outcome == EventType::ok && latency) latencies_.add(*latency);
}

void HistoryDigest::count_into(Results& results) const {
  results.operations = operations_;
  for (const auto& [process, call] : open_) count(results.operations[call.f], EventType::info);
  results.errors = errors_;
  results.latencies = {.p50 = latencies_.quantile(0.50), .p99 = latencies_.quantile(0.99), .max = latencies_.max()};
  results.faults.clear();
  for (const FaultSpan& span : faults()) {
    FaultCounts& counts = results.faults[span.fault];
    ++counts.injected;
    counts.with_effect += span.effect ? 1 : 0;
  }
  const nanoseconds ended = ended_.value_or(end_);
  const bool told = began_ && ended > *began_;
  const Stall& stall = told ? under_load_ : all_;
  results.longest_stall = std::max(stall.longest, (told ? ended : last_client_) - stall.last_ok);
}

TimeSlices HistoryDigest::slices(nanoseconds end, std::size_t most) const {
  TimeSlicer slicer = slicer_;
  for (const auto& [process, call] : open_) slicer.add(call.time, EventType::info, std::nullopt);
  return slicer.slices(end, most);
}

HistoryDigest digest_of(const checker::History& history) {
  HistoryDigest digest;
  for (const Event& event : history) digest.observe(event);
  return digest;
}

}  // namespace ordeal::harness
