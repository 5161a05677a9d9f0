// Registers' histories of dozens of operations: long enough for every rule of an engine to be used many times over, and
// for a stream to forget; too long for brute force.  Pure; any thread.

#pragma once

#include <random>
#include <string>
#include <vector>

#include "checker/compact_event.h"
#include "checker/linearizable.h"

namespace ordeal::checker {

struct MiddlingHistory {
  std::vector<CompactEvent> events;
  LinearizableOptions options;
};

// What clients of a correct register see; in two thirds of them up to two operations are told another value.
MiddlingHistory random_middling_history(std::mt19937_64& random);

std::string json_lines(const MiddlingHistory& history);
std::string check_options(const MiddlingHistory& history);

}  // namespace ordeal::checker
