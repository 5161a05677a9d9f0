#include "nemesis/plan/clock_draw.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace ordeal::nemesis {
namespace {

std::chrono::nanoseconds spread(const DurationRange& range, Draw& draw) {
  return draw.spread(range.least, range.most);
}

}  // namespace

std::vector<std::pair<ClockKind, ClockFace>> clock_pairs(const ClockSpec& spec) {
  std::vector<std::pair<ClockKind, ClockFace>> pairs;
  for (const ClockKind kind : spec.kinds) {
    for (const ClockFace clock : spec.clocks) {
      if (kind != ClockKind::strobe || clock == ClockFace::wall) pairs.emplace_back(kind, clock);
    }
  }
  return pairs;
}

std::size_t clock_choices(const ClockSpec& spec) {
  return clock_pairs(spec).size() * spec.targets.size();
}

ClockChange clock_choice(const ClockSpec& spec, std::size_t which) {
  const auto pairs = clock_pairs(spec);
  assert(which < pairs.size() * spec.targets.size());
  ClockChange change;
  change.selector = spec.targets[which / pairs.size()];
  std::tie(change.kind, change.clock) = pairs[which % pairs.size()];
  return change;
}

void draw_amounts(ClockChange& change, const ClockSpec& spec, Draw& draw) {
  if (change.kind == ClockKind::jump || change.kind == ClockKind::strobe) {
    change.by = spread(spec.by, draw);
    if (change.clock == ClockFace::wall && draw.heads()) change.by = -change.by;
  }
  if (change.kind == ClockKind::drift) {
    const DurationRange rates{std::chrono::nanoseconds(spec.least_rate_ppm),
                              std::chrono::nanoseconds(spec.most_rate_ppm)};
    change.rate_ppm = spread(rates, draw).count();
  }
  if (change.kind == ClockKind::strobe) change.period = spread(spec.period, draw);
}

}  // namespace ordeal::nemesis
