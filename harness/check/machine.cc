#include "harness/check/machine.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <limits>
#include <memory>
#include <string>

#include "harness/check/parallel.h"

namespace ordeal::harness {
namespace {

// The line "0::/path" of /proc/self/cgroup; "/" where there is none.
std::filesystem::path own_group() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "/";
}

// Of this process: the second number of /proc/self/statm, in pages.
std::size_t resident_memory() {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  std::array<char, 128> text = {};
  const ssize_t size = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  unsigned long long all = 0, resident = 0;
  if (size <= 0 || std::sscanf(text.data(), "%llu %llu", &all, &resident) != 2) return 0;
  return static_cast<std::size_t>(resident) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void lend_machine(checker::LinearizableOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  options.elapsed = [began] { return std::chrono::steady_clock::now() - began; };
  const std::size_t before = resident_memory();
  options.memory_in_use = [before] {
    const std::size_t now = resident_memory();
    return now - std::min(now, before);
  };
  options.parallelism = processors();
  options.in_parallel = [crew = std::make_shared<Crew>(options.parallelism)](
                            std::size_t jobs, const Job& job, const Job& ended) { crew->run(jobs, job, ended); };
}

std::size_t memory_limit_of_group(const std::filesystem::path& mount, const std::filesystem::path& group) {
  std::size_t smallest = std::numeric_limits<std::size_t>::max();
  for (std::filesystem::path at = group.relative_path();; at = at.parent_path()) {
    std::ifstream file(mount / at / "memory.max");
    std::size_t limit = 0;
    if (file >> limit) smallest = std::min(smallest, limit);  // "max" is no number
    if (at.empty()) return smallest;
  }
}

std::size_t default_memory_limit() {
  const auto pages = static_cast<std::size_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  const auto page = static_cast<std::size_t>(std::max(0L, ::sysconf(_SC_PAGESIZE)));
  return std::min(pages * page, memory_limit_of_group("/sys/fs/cgroup", own_group())) / 4;
}

}  // namespace ordeal::harness
