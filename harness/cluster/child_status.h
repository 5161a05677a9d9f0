// How a child process ended.

#pragma once

#include <sys/types.h>

#include <string>

namespace ordeal::harness {

std::string describe_status(int wait_status);  // "signal 9", "exit status 1"

// Ended by a signal that a process raises by a mistake of its own; the nemesis never sends those.
bool is_crash(int wait_status);

// Whether our child has ended, be it waited for or not. It is left to be waited for.
bool has_ended(pid_t child);

}  // namespace ordeal::harness
