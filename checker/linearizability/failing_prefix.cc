#include "checker/linearizability/failing_prefix.h"

#include <algorithm>

#include "checker/linearizability/search_workspace.h"

namespace ordeal::checker {

std::optional<std::uint32_t> first_failing_return(const Problem& problem, Budget& budget, SearchWorkspace& workspace,
                                                  std::uint32_t reached, std::uint32_t below) {
  std::vector<std::uint32_t> returns;
  for (const PreparedOperation& operation : problem.operations) {
    if (!operation.optional()) returns.push_back(operation.returned);
  }
  std::sort(returns.begin(), returns.end());
  const auto index_of = [&](std::uint32_t position) {
    const auto found = std::lower_bound(returns.begin(), returns.end(), position);
    return static_cast<std::size_t>(found - returns.begin());
  };
  // Prefixes that end before returns[good] are linearizable; the one that ends with returns[failing] is not, once
  // found.
  std::size_t failing = index_of(below);
  bool found = failing == returns.size();
  if (found) --failing;  // the whole history, which the caller has judged
  std::size_t good = std::min(index_of(reached), failing);
  // Most failures show soon after the search got stuck: go on from there in growing steps, then halve.
  std::size_t stride = 1;
  for (bool halving = false; good < failing;) {
    const std::size_t probe = halving ? good + (failing - good) / 2 : std::min(good + stride - 1, failing - 1);
    const std::vector<PreparedOperation> shorter = prefix(problem.operations, returns[probe] + 1);
    Problem part = problem;
    part.operations = shorter;
    const SearchResult result = search(part, budget, {.workspace = &workspace});
    if (result.answer == SearchResult::Answer::unknown) break;
    if (result.answer == SearchResult::Answer::linearizable) {
      good = probe + 1;
      stride *= 2;
    } else {
      failing = probe;
      found = halving = true;
    }
  }
  if (!found) return std::nullopt;
  return returns[failing];
}

}  // namespace ordeal::checker
