#include "harness/report/time_slices.h"

#include <algorithm>
#include <cmath>

#include "harness/report/operations.h"
#include "harness/report/quantiles.h"

namespace ordeal::harness {

using checker::EventType;
using std::chrono::nanoseconds;

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

TimeSlices slice_history(const checker::History& history, nanoseconds end, std::size_t most) {
  TimeSlices result;
  result.width = round_step(end, most);
  const auto count = std::max<std::int64_t>(1, (end.count() + result.width.count() - 1) / result.width.count());
  result.slices.resize(static_cast<std::size_t>(count));
  std::vector<std::vector<nanoseconds>> latencies(result.slices.size());
  for (const PairedOperation& operation : pair_operations(history)) {
    const checker::Event& last = operation.completion != nullptr ? *operation.completion : *operation.call;
    const auto at = static_cast<std::size_t>(std::clamp<std::int64_t>(last.time / result.width, 0, count - 1));
    TimeSlice& slice = result.slices[at];
    const EventType outcome = operation.outcome();
    ++(outcome == EventType::ok ? slice.ok : outcome == EventType::fail ? slice.fail : slice.info);
    if (outcome == EventType::ok && operation.call != nullptr)
      latencies[at].push_back(last.time - operation.call->time);
  }
  for (std::size_t at = 0; at < latencies.size(); ++at) {
    if (latencies[at].empty()) continue;
    TimeSlice& slice = result.slices[at];
    slice.p50 = quantile_of(latencies[at], 0.50);
    slice.p99 = quantile_of(latencies[at], 0.99);
    slice.max = *std::max_element(latencies[at].begin(), latencies[at].end());
  }
  return result;
}

}  // namespace ordeal::harness
