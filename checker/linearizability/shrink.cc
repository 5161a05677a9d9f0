#include <algorithm>

#include "checker/linearizability/timeline.h"
#include "checker/linearizability/witness.h"

namespace ordeal::checker {
namespace {

// The prefix with some of its operations relaxed: see shrink().
std::vector<PreparedOperation> relaxed(const std::vector<PreparedOperation>& operations, const std::vector<bool>& which,
                                       std::vector<std::uint32_t>* kept = nullptr) {
  std::vector<PreparedOperation> out;
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    if (which[i] && operations[i].observes()) continue;
    out.push_back(operations[i]);
    if (which[i]) out.back().returned = PreparedOperation::forever;
    if (kept != nullptr) kept->push_back(i);
  }
  return out;
}

}  // namespace

std::uint32_t returning_at(const KeyHistory& key, std::uint32_t position) {
  const auto found = std::find_if(key.prepared.begin(), key.prepared.end(),
                                  [&](const PreparedOperation& operation) { return operation.returned == position; });
  return static_cast<std::uint32_t>(found - key.prepared.begin());
}

std::vector<std::uint32_t> shrink(KeyHistory& key, std::uint32_t position, Budget& budget) {
  const std::vector<PreparedOperation> operations = prefix(key.prepared, position + 1);
  const std::uint32_t culprit = returning_at(key, position);
  std::vector<bool> dropped(operations.size(), false);
  const auto fails_without = [&](const std::vector<bool>& which) {
    const SearchResult result = search(relaxed(operations, which), key, budget);
    return result.answer == SearchResult::Answer::not_linearizable;
  };
  for (std::size_t chunk = (operations.size() + 1) / 2; chunk > 0; chunk /= 2) {
    for (std::size_t begin = 0; begin < operations.size(); begin += chunk) {
      std::vector<bool> attempt = dropped;
      const std::size_t end = std::min(begin + chunk, operations.size());
      for (std::size_t i = begin; i < end; ++i) attempt[i] = i != culprit;
      if (attempt != dropped && fails_without(attempt)) dropped = std::move(attempt);
    }
  }
  std::vector<std::uint32_t> kept;
  const std::vector<PreparedOperation> left = relaxed(operations, dropped, &kept);
  std::vector<std::uint32_t> core;
  for (const std::uint32_t i : lay_out(left, key.initial, key.states.size(), true).given) core.push_back(kept[i]);
  return core;
}

}  // namespace ordeal::checker
