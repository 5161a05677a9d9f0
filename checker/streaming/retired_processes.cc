#include "checker/streaming/retired_processes.h"

#include <cassert>

namespace ordeal::checker {

void RetiredProcesses::add(Process process) {
  assert(process >= 0);
  ++count_;
  const std::uint64_t word = static_cast<std::uint64_t>(process) / 64;
  if (word >= 64 + 4 * count_) {
    far_.insert(process);
    return;
  }
  if (word >= bits_.size()) bits_.resize(word + 1);
  bits_[word] |= std::uint64_t{1} << process % 64;
}

}  // namespace ordeal::checker
