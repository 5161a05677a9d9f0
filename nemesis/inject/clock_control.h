// Sets and reads back the clocks of a process whose clocks were put under control (clock_patch.h) and that runs since.
// Any thread, but one at a time for one process.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "nemesis/inject/clock_page.h"
#include "nemesis/plan/clock_skew.h"

namespace ordeal::nemesis {

// `page`: what control_clocks() returned for it, or for the process that it is a fork of. Both throw
// std::runtime_error when the machine refuses. False and nullopt: no such page is there; it has ended, or it executes
// another program by now.
bool set_clocks(pid_t process, std::uintptr_t page, const ClockSetting& setting);
std::optional<ClockSlot> current_slot(pid_t process, std::uintptr_t page);

// By this process' own clocks, which nobody changes.
RealTime real_time();

}  // namespace ordeal::nemesis
