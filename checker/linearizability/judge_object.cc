#include "checker/linearizability/judge_object.h"

#include "checker/linearizability/failing_prefix.h"
#include "checker/linearizability/order_result.h"
#include "checker/linearizability/zones.h"

namespace ordeal::checker {
namespace {

using Answer = SearchResult::Answer;
using Position = std::optional<std::uint32_t>;

// An engine that cannot say leaves the answer unknown.
struct Engine {
  std::string_view name;
  ObjectVerdict (*judge)(const ObjectToJudge& object, Budget& budget);
  Position (*first_failure)(const ObjectToJudge& object, const ObjectVerdict& verdict, Budget& budget,
                            std::uint32_t below);
};

OrderQuestion question(const ObjectToJudge& object) {
  return {.key = object.operations, .model = object.model, .initial = object.initial, .vocabulary = object.vocabulary};
}

// The model's fast path, where it has one.
ObjectVerdict by_order(const ObjectToJudge& object, Budget&) {
  using Result = OrderResult::Answer;
  const Result answer = judge_by_order(question(object)).answer;
  return {.answer = answer == Result::linearizable       ? Answer::linearizable
                    : answer == Result::not_linearizable ? Answer::not_linearizable
                                                         : Answer::unknown};
}

ObjectVerdict by_zones(const ObjectToJudge& object, Budget& budget) {
  using Zones = ZonesResult::Answer;
  KeyProblem key = object.prepared();
  const ZonesResult result = judge_by_zones(key.problem(), budget);
  return {.answer = result.answer == Zones::linearizable       ? Answer::linearizable
                    : result.answer == Zones::not_linearizable ? Answer::not_linearizable
                                                               : Answer::unknown,
          .exceeded = result.exceeded,
          .bytes = result.bytes};
}

ObjectVerdict by_search(const ObjectToJudge& object, Budget& budget) {
  KeyProblem key = object.prepared();
  const SearchResult result = search(key.problem(), budget);
  return {.answer = result.answer,
          .exceeded = result.exceeded,
          .reached = result.reached,
          .configurations = result.configurations,
          .bytes = result.bytes};
}

Position failure_by_search(const ObjectToJudge& object, const ObjectVerdict& verdict, Budget& budget,
                           std::uint32_t below) {
  KeyProblem key = object.prepared();
  return first_failing_return(key.problem(), budget, verdict.reached, below);
}

Position failure_by_order(const ObjectToJudge& object, const ObjectVerdict& verdict, Budget& budget,
                          std::uint32_t below) {
  const Position position = first_failure_by_order(question(object));
  if (!position) return failure_by_search(object, verdict, budget, below);
  return *position < below ? position : std::nullopt;
}

Position failure_by_zones(const ObjectToJudge& object, const ObjectVerdict& verdict, Budget& budget,
                          std::uint32_t below) {
  KeyProblem key = object.prepared();
  const FirstFailing first = first_failing_by_zones(key.problem(), budget, below);
  if (first.answer == ZonesResult::Answer::not_applicable) return failure_by_search(object, verdict, budget, below);
  return first.answer == ZonesResult::Answer::not_linearizable ? Position(first.position) : std::nullopt;
}

constexpr Engine engines[] = {
    {"order of answers", by_order, failure_by_order},
    {"zones", by_zones, failure_by_zones},
    {"search", by_search, failure_by_search},
};

}  // namespace

ObjectVerdict judge_object(const ObjectToJudge& object, Budget& budget) {
  ObjectVerdict verdict;
  for (const Engine& engine : engines) {
    verdict = engine.judge(object, budget);
    verdict.engine = engine.name;
    if (verdict.answer != Answer::unknown) break;
  }
  return verdict;
}

Position failing_position(const ObjectToJudge& object, const ObjectVerdict& verdict, Budget& budget,
                          std::uint32_t below) {
  for (const Engine& engine : engines) {
    if (engine.name == verdict.engine) return engine.first_failure(object, verdict, budget, below);
  }
  return std::nullopt;
}

}  // namespace ordeal::checker
