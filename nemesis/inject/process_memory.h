// The memory of another process, through /proc/PID/mem. One thread at a time.

#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace ordeal::nemesis {

class ProcessMemory {
 public:
  // A process that has ended is none: every read and write then fails. Throws std::runtime_error when the machine
  // refuses.
  explicit ProcessMemory(pid_t process);
  ~ProcessMemory();
  ProcessMemory(const ProcessMemory&) = delete;
  ProcessMemory& operator=(const ProcessMemory&) = delete;

  // All of it; false: not mapped there, or the process has ended.
  bool read(std::uint64_t address, std::span<std::byte> into) const;
  bool write(std::uint64_t address, std::span<const std::byte> bytes) const;

 private:
  pid_t process_;
  int file_;
};

}  // namespace ordeal::nemesis
