// The settings of faults that strike a node's processes by and by: crash loops, starvation. Any thread.

#pragma once

#include <string>

#include "harness/config/reader.h"
#include "nemesis/plan/schedule.h"

namespace ordeal::harness {

// Without the targets.
nemesis::CrashLoopSpec read_crash_loop(const Section& section);
nemesis::StarveSpec read_starve(const Section& section);

// Again as text: "times: 2..6, alive: 2ms..500ms, down: 1ms..20ms".
std::string crash_loop_yaml(const nemesis::CrashLoopSpec& spec);
std::string starve_yaml(const nemesis::StarveSpec& spec);

}  // namespace ordeal::harness
