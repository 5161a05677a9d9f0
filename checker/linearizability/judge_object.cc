#include "checker/linearizability/judge_object.h"

namespace ordeal::checker {
namespace {

ObjectVerdict by_search(const Problem& problem, Budget& budget) {
  const SearchResult result = search(problem, budget);
  return {.answer = result.answer,
          .exceeded = result.exceeded,
          .reached = result.reached,
          .configurations = result.configurations,
          .bytes = result.bytes};
}

struct Engine {
  std::string_view name;
  ObjectVerdict (*judge)(const Problem& problem, Budget& budget);
};

constexpr Engine engines[] = {
    {"search", by_search},
};

}  // namespace

ObjectVerdict judge_object(const Problem& problem, Budget& budget) {
  ObjectVerdict verdict;
  for (const Engine& engine : engines) {
    verdict = engine.judge(problem, budget);
    verdict.engine = engine.name;
    if (verdict.answer != SearchResult::Answer::unknown) break;
  }
  return verdict;
}

}  // namespace ordeal::checker
