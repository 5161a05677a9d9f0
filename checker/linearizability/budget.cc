#include "checker/linearizability/budget.h"

#include <algorithm>

namespace ordeal::checker {

Budget::Exceeded over_a_limit(const LinearizableOptions& options, std::size_t bytes) {
  if (options.cancelled && options.cancelled()) return Budget::Exceeded::cancelled;
  const std::size_t held = options.memory_in_use ? std::max(bytes, options.memory_in_use()) : bytes;
  if (held > options.memory_limit) return Budget::Exceeded::memory;
  if (options.elapsed && options.elapsed() > options.time_limit) return Budget::Exceeded::time;
  return Budget::Exceeded::nothing;
}

}  // namespace ordeal::checker
