// Draws a clock fault from what a plan allows. Pure; any thread.

#pragma once

#include <utility>
#include <vector>

#include "nemesis/plan/draw.h"
#include "nemesis/plan/schedule.h"

namespace ordeal::nemesis {

// Which kinds go with which clocks: of those that `spec` names, all but the strobe of a clock that never goes back.
std::vector<std::pair<ClockKind, ClockFace>> clock_pairs(const ClockSpec& spec);

// Each pair with each target, without amounts.
std::size_t clock_choices(const ClockSpec& spec);
ClockChange clock_choice(const ClockSpec& spec, std::size_t which);

// Amounts are spread over the doublings of their least one, so that half a second is as likely as half a minute; the
// sign of a jump or strobe of the wall clock is drawn as well.
void draw_amounts(ClockChange& change, const ClockSpec& spec, Draw& draw);

}  // namespace ordeal::nemesis
