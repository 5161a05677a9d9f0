// What a piece of work costs: time, instructions and memory. It runs in a child process, so that nothing that ran
// before counts as its memory, and so that it can be ended.  One thread.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace ordeal::checker {

// `prepare` is not measured; what it returns is, and says its verdict in a word. Repeatable.
using Work = std::function<std::string()>;
using Prepare = std::function<Work()>;

struct Measured {
  std::string verdict;                        // or "time-out", "killed"
  double ns = 0;                              // the fastest of all repeats
  std::optional<std::uint64_t> instructions;  // in user mode, the fewest; nothing where the kernel does not allow it
  std::size_t peak_bytes = 0;                 // resident, beyond what was there when the first repeat began
};

struct Effort {
  std::size_t repeats = 5;
  std::chrono::seconds enough{2};  // after so long no further repeat is begun
  std::chrono::seconds limit{60};  // then the child is killed
};

Measured measure(const Prepare& prepare, const Effort& effort);

}  // namespace ordeal::checker
