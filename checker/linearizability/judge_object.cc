#include "checker/linearizability/judge_object.h"

#include "checker/linearizability/failing_prefix.h"
#include "checker/linearizability/order_result.h"
#include "checker/linearizability/quick_walk.h"
#include "checker/linearizability/search_workspace.h"
#include "checker/linearizability/zones.h"

namespace ordeal::checker {
namespace {

using Answer = SearchResult::Answer;
using Position = std::optional<std::uint32_t>;

// An object, prepared for the engines when the first of them asks. Most objects are judged before any of them does, so
// nothing is made before that.
class Question {
 public:
  explicit Question(const ObjectToJudge& object) : object_(object) {}

  Problem problem() {
    if (!key_) key_.emplace(object_.prepared());
    return key_->problem();
  }
  OrderQuestion order() const {
    return {.key = object_.operations,
            .model = object_.model,
            .initial = object_.initial,
            .vocabulary = object_.vocabulary};
  }
  const ObjectToJudge& object() const { return object_; }
  SearchWorkspace& workspace() {
    if (!workspace_) workspace_.emplace();
    return *workspace_;
  }

 private:
  const ObjectToJudge& object_;
  std::optional<KeyProblem> key_;
  std::optional<SearchWorkspace> workspace_;
};

// An engine that cannot say leaves the answer unknown.
struct Engine {
  std::string_view name;
  ObjectVerdict (*judge)(Question& question, Budget& budget);
  Position (*first_failure)(Question& question, const ObjectVerdict& verdict, Budget& budget, std::uint32_t below);
};

// The model's fast path, where it has one.
ObjectVerdict by_order(Question& question, Budget&) {
  using Result = OrderResult::Answer;
  const Result answer = judge_by_order(question.order()).answer;
  return {.answer = answer == Result::linearizable       ? Answer::linearizable
                    : answer == Result::not_linearizable ? Answer::not_linearizable
                                                         : Answer::unknown};
}

ObjectVerdict by_quick_walk(Question& question, Budget& budget) {
  const QuickWalkResult result = walk_quickly(question.object().operations, question.object().initial, budget);
  return {.answer = result.answer,
          .exceeded = result.exceeded,
          .reached = result.reached,
          .reached_is_first_failure = result.answer == Answer::not_linearizable,
          .configurations = result.configurations};
}

ObjectVerdict by_zones(Question& question, Budget& budget) {
  using Zones = ZonesResult::Answer;
  const ZonesResult result = judge_by_zones(question.problem(), budget);
  return {.answer = result.answer == Zones::linearizable       ? Answer::linearizable
                    : result.answer == Zones::not_linearizable ? Answer::not_linearizable
                                                               : Answer::unknown,
          .exceeded = result.exceeded,
          .bytes = result.bytes};
}

ObjectVerdict by_search(Question& question, Budget& budget) {
  const SearchResult result =
      search(question.problem(), budget, {.first_failure = true, .workspace = &question.workspace()});
  return {.answer = result.answer,
          .exceeded = result.exceeded,
          .reached = result.reached,
          .reached_is_first_failure = result.reached_is_first_failure,
          .configurations = result.configurations,
          .bytes = result.bytes};
}

Position failure_by_search(Question& question, const ObjectVerdict& verdict, Budget& budget, std::uint32_t below) {
  if (verdict.reached_is_first_failure) return verdict.reached < below ? Position(verdict.reached) : std::nullopt;
  return first_failing_return(question.problem(), budget, question.workspace(), verdict.reached, below);
}

Position failure_by_order(Question& question, const ObjectVerdict& verdict, Budget& budget, std::uint32_t below) {
  const Position position = first_failure_by_order(question.order());
  if (!position) return failure_by_search(question, verdict, budget, below);
  return *position < below ? position : std::nullopt;
}

Position failure_by_zones(Question& question, const ObjectVerdict& verdict, Budget& budget, std::uint32_t below) {
  const FirstFailing first = first_failing_by_zones(question.problem(), budget, below);
  if (first.answer == ZonesResult::Answer::not_applicable) return failure_by_search(question, verdict, budget, below);
  return first.answer == ZonesResult::Answer::not_linearizable ? Position(first.position) : std::nullopt;
}

constexpr Engine engines[] = {
    {"order of answers", by_order, failure_by_order},
    {"quick walk", by_quick_walk, failure_by_search},
    {"zones", by_zones, failure_by_zones},
    {"search", by_search, failure_by_search},
};

}  // namespace

ObjectVerdict judge_object(const ObjectToJudge& object, Budget& budget) {
  ObjectVerdict verdict;
  const std::size_t prepared = object.operations.operations.size() * sizeof(PreparedOperation);
  if (const Budget::Exceeded exceeded = budget.spend(prepared); exceeded != Budget::Exceeded::nothing) {
    verdict.exceeded = exceeded;
    return verdict;
  }
  Question question(object);
  for (const Engine& engine : engines) {
    verdict = engine.judge(question, budget);
    verdict.engine = engine.name;
    if (verdict.answer != Answer::unknown) break;
  }
  return verdict;
}

Position failing_position(const ObjectToJudge& object, const ObjectVerdict& verdict, Budget& budget,
                          std::uint32_t below) {
  Question question(object);
  for (const Engine& engine : engines) {
    if (engine.name == verdict.engine) return engine.first_failure(question, verdict, budget, below);
  }
  return std::nullopt;
}

}  // namespace ordeal::checker
