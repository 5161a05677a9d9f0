#include "nemesis/plan/clock_skew.h"

#include <algorithm>

namespace ordeal::nemesis {
namespace {

constexpr std::int64_t right_rate_ppm = 1'000'000;

std::int64_t slope_of(const ClockChange& change) {
  if (change.kind == ClockKind::freeze) return -ClockSkew::slope_one;
  if (change.kind != ClockKind::drift) return 0;
  return (change.rate_ppm - right_rate_ppm) * (ClockSkew::slope_one / 64) / (right_rate_ppm / 64);
}

std::int64_t jump_of(const ClockChange& change) {
  return change.kind == ClockKind::jump ? change.by.count() : 0;
}

bool strikes_wall(const ClockChange& change) {
  return change.clock != ClockFace::monotonic;
}
bool strikes_monotonic(const ClockChange& change) {
  return change.clock != ClockFace::wall;
}

ClockSkew wall_under(const std::vector<LastingChange>& lasting, std::int64_t now) {
  ClockSkew sum{.since = now};
  for (const auto& [change, since] : lasting) {
    if (!strikes_wall(change)) continue;
    const ClockSkew alone{.since = since.wall, .offset = jump_of(change), .slope = slope_of(change)};
    sum.offset += alone.at(now);
    sum.slope += alone.slope;
    if (change.kind != ClockKind::strobe) continue;
    sum.strobe = change.by.count();
    sum.period = change.period.count();
  }
  return sum;
}

ClockSkew monotonic_under(const std::vector<LastingChange>& lasting, const ClockSkew& before, const ClockChange* begun,
                          std::int64_t now) {
  ClockSkew skew{.since = now, .offset = before.at(now)};
  if (begun != nullptr && strikes_monotonic(*begun)) skew.offset += jump_of(*begun);
  for (const auto& [change, since] : lasting) {
    if (strikes_monotonic(change)) skew.slope += slope_of(change);
  }
  skew.slope = std::max(skew.slope, -ClockSkew::slope_one);
  return skew;
}

}  // namespace

ClockSetting setting_under(const std::vector<LastingChange>& lasting, const ClockSetting& before,
                           const ClockChange* begun, RealTime now) {
  return {.wall = wall_under(lasting, now.wall),
          .monotonic = monotonic_under(lasting, before.monotonic, begun, now.monotonic)};
}

}  // namespace ordeal::nemesis
