// How much of this machine a check may take when nobody says.  Any thread.

#pragma once

#include <cstddef>
#include <filesystem>

#include "checker/linearizable.h"

namespace ordeal::harness {

// Lends the machine to a check that begins now: its clock, all its processors, and a look at how much memory it takes.
void lend_machine(checker::LinearizableOptions& options);

// A quarter of the memory that this process may use: of the machine, or of its control group where that is less.
std::size_t default_memory_limit();

// The smallest limit that the control groups of version 2 above and of `group` (as in /proc/self/cgroup, "/a/b") set
// below `mount`; the largest number where none does.
std::size_t memory_limit_of_group(const std::filesystem::path& mount, const std::filesystem::path& group);

}  // namespace ordeal::harness
