// What the kernel says of a process: the evidence that a pause or a starvation works. Any thread.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace ordeal::nemesis {

enum class ProcessState : std::uint8_t {
  gone,     // no such process, or a zombie, which runs no more
  running,  // at least one thread is not stopped
  stopped,  // every thread is in state T
};

ProcessState state_of(pid_t process);

// What all its threads together have used of processors, and how long ago it began; nullopt: no such process.
std::optional<std::chrono::nanoseconds> cpu_time_of(pid_t process);
std::optional<std::chrono::nanoseconds> age_of(pid_t process);  // in steps of 10 ms

}  // namespace ordeal::nemesis
