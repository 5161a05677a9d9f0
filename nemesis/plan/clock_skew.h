// What a clock of a node shows, compared with the real one. Pure; any thread.

#pragma once

#include <cstdint>
#include <vector>

#include "nemesis/plan/fault.h"

namespace ordeal::nemesis {

// shown = real + offset + (real - since) * slope, and in every second period the strobe as well; all in nanoseconds.
// The routine that runs inside the node (inject/clock_routine.cc) reads these fields as they lie in memory.
struct ClockSkew {
  std::int64_t since = 0;   // real time of this clock
  std::int64_t offset = 0;  // at `since`, and before
  std::int64_t slope = 0;   // the rate minus one, in units of slope_one
  std::int64_t strobe = 0;  // added in every second period, counted from `since`
  std::int64_t period = 0;  // 0: no strobe
  bool operator==(const ClockSkew&) const = default;

  static constexpr std::int64_t slope_one = std::int64_t{1} << 32;  // twice the speed; minus it: the clock stands

  // What is added to the real time. Inlined whatever the compiler thinks of it, since that routine can call nothing.
  [[gnu::always_inline]] constexpr std::int64_t at(std::int64_t real) const {
    const std::int64_t passed = real - since;
    if (passed < 0) return offset;
    const std::int64_t gained = static_cast<std::int64_t>((static_cast<Wide>(passed) * slope) >> 32);
    const bool strobed = period > 0 && (passed / period) % 2 == 1;
    return offset + gained + (strobed ? strobe : 0);
  }

 private:
  __extension__ using Wide = __int128;
};

// The two clocks of a node. The monotonic one stands for all that count from some start: CLOCK_MONOTONIC, _RAW, _COARSE
// and CLOCK_BOOTTIME; the wall clock for CLOCK_REALTIME, _COARSE, CLOCK_TAI, gettimeofday and time.
struct ClockSetting {
  ClockSkew wall;
  ClockSkew monotonic;
  bool operator==(const ClockSetting&) const = default;
};

// The real time, of each clock.
struct RealTime {
  std::int64_t wall = 0;
  std::int64_t monotonic = 0;
};

// A fault that lasts, and when it began.
struct LastingChange {
  ClockChange change;
  RealTime since;
};

// What the clocks of one node show from `now` on, under the faults that last. The wall clock shows the sum of all of
// them, so it is right again when the last one has healed; of two strobes the later one counts. The monotonic clock
// goes on from what it shows under `before`, at a rate that is never negative. `begun`: the one of `lasting` that
// begins now, whose jump the monotonic clock has still to make; nullptr: none does.
ClockSetting setting_under(const std::vector<LastingChange>& lasting, const ClockSetting& before,
                           const ClockChange* begun, RealTime now);

}  // namespace ordeal::nemesis
