#include "nemesis/inject/process_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ordeal::nemesis {

ProcessMemory::ProcessMemory(pid_t process)
    : process_(process), file_(open(fmt::format("/proc/{}/mem", process).c_str(), O_RDWR | O_CLOEXEC)) {
  if (file_ >= 0 || errno == ENOENT || errno == ESRCH) return;
  throw std::runtime_error(
      fmt::format("/proc/{}/mem cannot be opened: {}; allow tracing of children: sudo sysctl -w "
                  "kernel.yama.ptrace_scope=1",
                  process_, std::strerror(errno)));
}

ProcessMemory::~ProcessMemory() {
  if (file_ >= 0) close(file_);
}

bool ProcessMemory::read(std::uint64_t address, std::span<std::byte> into) const {
  return file_ >= 0 &&
         pread(file_, into.data(), into.size(), static_cast<off_t>(address)) == static_cast<ssize_t>(into.size());
}

bool ProcessMemory::write(std::uint64_t address, std::span<const std::byte> bytes) const {
  return file_ >= 0 &&
         pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(address)) == static_cast<ssize_t>(bytes.size());
}

}  // namespace ordeal::nemesis
