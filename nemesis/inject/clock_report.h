// What the programs of a node read of its clocks. Plain values; any thread.

#pragma once

#include "nemesis/inject/clock_page.h"

namespace ordeal::nemesis {

struct ClockReport {
  int controlled = 0;  // processes whose clocks can be set
  int beyond = 0;      // processes that are out of reach: they execute another program than the one that was started
  ClockSeen wall;
  ClockSeen monotonic;
};

// Both together; `last` is that of the second, if it has one.
ClockSeen operator+(const ClockSeen& one, const ClockSeen& other);

}  // namespace ordeal::nemesis
