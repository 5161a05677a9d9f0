// A run on one time axis: faults, throughput, what failed, latencies, all aligned. Pure; any thread.

#pragma once

#include <string>

#include "harness/report/history_digest.h"
#include "harness/report/results.h"

namespace ordeal::harness {

// An <svg>; a sentence when the history holds nothing to draw. Its size does not grow with the history.
std::string run_chart(const Results& results, const HistoryDigest& history);

}  // namespace ordeal::harness
