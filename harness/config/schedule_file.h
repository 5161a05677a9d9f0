// Reads schedule.jsonl of a run folder back, so that a run can be replayed. Any thread.

#pragma once

#include <string>
#include <string_view>

#include "nemesis/plan/fault.h"

namespace ordeal::harness {

// The reverse of nemesis::to_json_lines(). Throws ConfigError naming file:line and the field, for anything that it
// would not have written: what is no JSON, fields that are missing, unknown or wrong, ids that are not 1, 2, 3...,
// times out of order.
nemesis::Schedule schedule_from_json_lines(std::string_view text, const std::string& file);

}  // namespace ordeal::harness
