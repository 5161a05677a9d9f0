// The settings of `clock`, an entry of a plan's nemesis.faults. Any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/config/reader.h"
#include "nemesis/plan/schedule.h"

namespace ordeal::harness {

// The keys that read_clock() knows, with `targets` and `lasting`, which mean the same for other kinds.
std::vector<std::string_view> clock_settings();

// `entry`: for messages about the whole.
nemesis::ClockSpec read_clock(const Section& section, const Setting& entry);

// How fast a clock runs: 0.5 is 500,000 millionths.
std::int64_t clock_rate_ppm(const Setting& setting);

// The same again: "kinds: [jump], clocks: [wall], by: 11ms..288s, rate: 0.5..2, period: 1ms..1s".
std::string clock_yaml(const nemesis::ClockSpec& spec);

}  // namespace ordeal::harness
