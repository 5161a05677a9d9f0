#include "checker/linearizability/some_ends.h"

#include "checker/linearizability/frontier.h"

namespace ordeal::checker {
namespace {

// Of equal optional operations those that were called first (rule 7 of frontier.cc). Both lists are in the order of the
// calls, and the outline may have fewer.
std::vector<std::uint32_t> operations_used(const Problem& problem, const Outline& outline,
                                           std::vector<std::uint64_t> left) {
  std::vector<std::uint32_t> used;
  std::uint32_t i = 0;
  for (const Outline::Step& step : outline.steps) {
    if (step.kind != Outline::Kind::optional || left[step.optional_class] == 0) continue;
    --left[step.optional_class];
    while (problem.operations[i].called != step.called) ++i;
    used.push_back(i);
  }
  return used;
}

}  // namespace

std::vector<SearchEnd> some_ends(const Problem& problem, Budget& budget, std::size_t limit) {
  Outline outline;
  FrontierMemory memory;
  if (!outline.lay_out(problem, true)) return {};
  const FrontierResult walk = walk_frontier(outline, memory, budget, {.width = 1, .go_back = true, .ends = limit});
  std::vector<SearchEnd> ends;
  for (const FrontierEnd& end : walk.ends) {
    if (ends.size() == limit) break;
    ends.push_back({.state = end.state, .used = operations_used(problem, outline, end.used)});
  }
  return ends;
}

}  // namespace ordeal::checker
