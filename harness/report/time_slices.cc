#include "harness/report/time_slices.h"

#include <algorithm>
#include <utility>

#include "harness/report/operations.h"

namespace ordeal::harness {

using checker::EventType;
using std::chrono::nanoseconds;

namespace {

// Ten times as many as are shown at most: then each slice that is shown, being 1, 2 or 5 times a power of ten wide, is
// made of whole steps.
constexpr std::int64_t most_steps = 10 * TimeSlicer::most_slices;

}  // namespace

nanoseconds round_step(nanoseconds span, std::size_t most) {
  const auto needed = [&](std::int64_t step) { return span.count() / step + (span.count() % step != 0 ? 1 : 0); };
  const auto bound = static_cast<std::int64_t>(std::max<std::size_t>(most, 1));
  std::int64_t power = 1;
  // 10^18 ns are 31 years; the largest span that nanoseconds can say needs ten such steps.
  for (; power < 1'000'000'000'000'000'000; power *= 10) {
    for (const std::int64_t factor : {1, 2, 5}) {
      if (needed(factor * power) <= bound) return nanoseconds(factor * power);
    }
  }
  return nanoseconds(power);
}

void TimeSlicer::Step::add(const Step& other) {
  ok += other.ok;
  fail += other.fail;
  info += other.info;
  latencies.add(other.latencies);
}

void TimeSlicer::widen() {
  width_ *= 10;
  std::vector<Step> wider((steps_.size() + 9) / 10);
  for (std::size_t at = 0; at < steps_.size(); ++at) wider[at / 10].add(steps_[at]);
  steps_ = std::move(wider);
}

void TimeSlicer::add(nanoseconds time, EventType outcome, std::optional<nanoseconds> latency) {
  time = std::max(time, nanoseconds(0));
  while (time / width_ >= most_steps) widen();
  const auto at = static_cast<std::size_t>(time / width_);
  if (at >= steps_.size()) steps_.resize(at + 1);
  Step& step = steps_[at];
  ++(outcome == EventType::ok ? step.ok : outcome == EventType::fail ? step.fail : step.info);
  if (outcome == EventType::ok && latency) step.latencies.add(*latency);
}

TimeSlices TimeSlicer::slices(nanoseconds end, std::size_t most) const {
  TimeSlices result;
  result.width = std::max(round_step(end, most), width_);
  const auto count = std::max<std::int64_t>(1, (end.count() - 1) / result.width.count() + 1);
  std::vector<Step> merged(static_cast<std::size_t>(count));
  for (std::size_t at = 0; at < steps_.size(); ++at) {
    const auto slice = static_cast<std::size_t>(width_ * static_cast<std::int64_t>(at) / result.width);
    merged[std::min(slice, merged.size() - 1)].add(steps_[at]);
  }
  for (const Step& step : merged) {
    result.slices.push_back({.ok = step.ok,
                             .fail = step.fail,
                             .info = step.info,
                             .p50 = step.latencies.quantile(0.50),
                             .p99 = step.latencies.quantile(0.99),
                             .max = step.latencies.max()});
  }
  return result;
}

TimeSlices slice_history(const checker::History& history, nanoseconds end, std::size_t most) {
  TimeSlicer slicer;
  for (const PairedOperation& operation : pair_operations(history)) {
    const checker::Event& last = operation.completion != nullptr ? *operation.completion : *operation.call;
    slicer.add(last.time, operation.outcome(),
               operation.call == nullptr ? std::nullopt : std::optional(last.time - operation.call->time));
  }
  return slicer.slices(end, most);
}

}  // namespace ordeal::harness
