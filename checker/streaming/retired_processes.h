// The process numbers that must not be used again.  Not thread-safe.
//
// Whoever goes on after an info does so under its number plus the number of clients, so the retired numbers fill the
// whole numbers from 0 almost without gaps: one bit each. A number far beyond what was retired so far would need a long
// empty stretch of bits; such ones go into a hash set. At most 64 bytes for each retired number, usually an eighth.

#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "checker/event.h"

namespace ordeal::checker {

class RetiredProcesses {
 public:
  // `process` must not be negative.
  void add(Process process);
  bool contains(Process process) const {
    const std::uint64_t word = static_cast<std::uint64_t>(process) / 64;
    if (word < bits_.size() && (bits_[word] >> process % 64 & 1) != 0) return true;
    return !far_.empty() && far_.count(process) > 0;
  }
  std::size_t bytes() const { return bits_.capacity() * 8 + far_.size() * 40 + far_.bucket_count() * 8; }

 private:
  std::vector<std::uint64_t> bits_;
  std::unordered_set<Process> far_;
  std::size_t count_ = 0;
};

}  // namespace ordeal::checker
