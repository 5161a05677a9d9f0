// The page of memory that a node's clock routine (clock_routine.cc) shares with the harness. It lies in the node,
// behind the page with the routine's code; the harness reads and writes it through /proc/PID/mem.
//
// A new setting is written into the next slot, and then made the current one by changing a single byte. So no reader
// ever sees half of a setting, and no reader waits: not even for a harness that died between the two writes. A reader
// that finds another slot current after it has read one reads again.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "nemesis/plan/clock_skew.h"

namespace ordeal::nemesis {

// What the routine handed out under one setting: the evidence.
struct ClockSeen {
  std::uint64_t reads = 0;
  std::int64_t last = 0;  // shown minus real
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  std::int64_t most = std::numeric_limits<std::int64_t>::min();
  bool operator==(const ClockSeen&) const = default;
};

struct ClockSlot {
  ClockSetting setting;
  ClockSeen wall;
  ClockSeen monotonic;
};

struct ClockPage {
  static constexpr std::uint64_t right_magic = 0x6f72'6465'616c'636b;  // "ordealck"
  static constexpr std::size_t slot_count = 16;

  std::uint64_t magic = right_magic;
  std::uint64_t clock_gettime = 0;  // addresses of the kernel's own routines
  std::uint64_t gettimeofday = 0;
  std::uint64_t current = 0;  // number of the setting; its lowest byte counts, modulo slot_count
  // Plain arrays, since the functions of others would be calls of code that is not in the node.
  // Per clock_id the latest that was handed out, so that a change of rate never lets a monotonic clock go back,
  // whenever it meets a thread.
  std::int64_t latest[12]{};
  ClockSlot slots[slot_count]{};
};
static_assert(sizeof(ClockPage) <= 4096);

}  // namespace ordeal::nemesis
