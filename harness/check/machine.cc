#include "harness/check/machine.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
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

}  // namespace

void lend_machine(checker::LinearizableOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  options.elapsed = [began] { return std::chrono::steady_clock::now() - began; };
  options.parallelism = processors();
  options.in_parallel = [threads = options.parallelism](std::size_t jobs, const Job& job, const Job& ended) {
    run_in_parallel(threads, jobs, job, ended);
  };
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
