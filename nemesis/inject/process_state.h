// What /proc says of a process: the evidence that a pause works. Any thread.

#pragma once

#include <sys/types.h>

#include <cstdint>

namespace ordeal::nemesis {

enum class ProcessState : std::uint8_t {
  gone,     // no such process, or a zombie, which runs no more
  running,  // at least one thread is not stopped
  stopped,  // every thread is in state T
};

ProcessState state_of(pid_t process);

}  // namespace ordeal::nemesis
