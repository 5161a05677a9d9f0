#include "nemesis/plan/clock_draw.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace ordeal::nemesis {
namespace {

// Without logarithms, which differ between libraries: a doubling is drawn, and a number within it.
std::int64_t spread(std::int64_t least, std::int64_t most, Draw& draw) {
  assert(0 < least && least <= most);
  std::vector<std::int64_t> begins{least};
  while (begins.back() <= most / 2) begins.push_back(begins.back() * 2);
  if (begins.size() > 1 && begins.back() == most) begins.pop_back();  // nothing but its begin would be in it
  const std::int64_t begin = begins[draw.below(begins.size())];
  const std::int64_t end = begin <= most / 2 ? begin * 2 : most;
  return draw.between(std::chrono::nanoseconds(begin), std::chrono::nanoseconds(end)).count();
}

std::chrono::nanoseconds spread(const DurationRange& range, Draw& draw) {
  return std::chrono::nanoseconds(spread(range.least.count(), range.most.count(), draw));
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
  if (change.kind == ClockKind::drift) change.rate_ppm = spread(spec.least_rate_ppm, spec.most_rate_ppm, draw);
  if (change.kind == ClockKind::strobe) change.period = spread(spec.period, draw);
}

}  // namespace ordeal::nemesis
