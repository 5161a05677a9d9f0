// results.json: the whole of Results as text that scripts read and that `ordeal report` and `ordeal check` read again.
// Pure; any thread.
//
// Durations are integers of nanoseconds and say so in their name (`"longest_stall_ns": 812000000`); the order of the
// fields never changes, so that two files compare by `diff`. Bytes that are no UTF-8 are written as U+FFFD.

#pragma once

#include <string>
#include <string_view>

#include "harness/report/results.h"

namespace ordeal::harness {

std::string to_json(const Results& results);

// The inverse. `file` is only named in errors. Throws ConfigError reading `FILE: PLACE: what is wrong; what would be
// right`, where PLACE is a path such as findings[0].verdict, or line:column where the text is no JSON at all. A missing
// or an unknown field is an error: a results.json of another version is better refused than half understood.
Results results_from_json(std::string_view json, const std::string& file);

}  // namespace ordeal::harness
