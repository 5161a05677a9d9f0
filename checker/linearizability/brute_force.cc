#include "checker/linearizability/brute_force.h"

#include <algorithm>
#include <vector>

namespace ordeal::checker {
namespace {

struct OutOfSteps {};

class BruteForce {
 public:
  BruteForce(std::vector<Candidate> candidates, std::uint64_t max_steps)
      : candidates_(std::move(candidates)), steps_left_(max_steps) {}

  // Whether what is not done can be put into an order from this state. Next may come whoever was called before the
  // first return of those that are still required.
  bool from(const Value& state) {
    std::size_t first_return = Operation::never;
    for (const Candidate& candidate : candidates_) {
      if (candidate.required && !candidate.done) first_return = std::min(first_return, candidate.returned);
    }
    if (first_return == Operation::never) return true;  // nothing required is left
    for (Candidate& candidate : candidates_) {
      if (candidate.done || candidate.called > first_return) continue;
      if (steps_left_ == 0) throw OutOfSteps();
      --steps_left_;
      const std::optional<Value> next = step(state, candidate.effect);
      if (!next) continue;
      candidate.done = true;
      if (from(*next)) return true;
      candidate.done = false;
    }
    return false;
  }

 private:
  std::vector<Candidate> candidates_;
  std::uint64_t steps_left_;
};

}  // namespace

std::vector<Candidate> candidates_of(std::span<const Operation> operations, const LinearizableOptions& options,
                                     std::size_t cut) {
  const Model& model = model_of(options.model);
  Vocabulary vocabulary;
  std::vector<Candidate> candidates;
  for (const Operation& operation : operations) {
    if (operation.called >= cut) continue;
    const std::optional<Effect> effect =
        effect_of(compact_operation(operation, vocabulary), model, options, vocabulary);
    if (!effect) continue;
    candidates.push_back({.effect = full(*effect, model, vocabulary),
                          .called = operation.called,
                          .returned = operation.returned,
                          .required = operation.outcome != EventType::info && operation.returned < cut});
  }
  return candidates;
}

std::optional<bool> linearizable_by_brute_force(std::span<const Operation> operations,
                                                const LinearizableOptions& options, std::size_t cut,
                                                std::uint64_t max_steps) {
  try {
    return BruteForce(candidates_of(operations, options, cut), max_steps)
        .from(model_of(options.model).initial(options.initial));
  } catch (const OutOfSteps&) {
    return std::nullopt;
  }
}

}  // namespace ordeal::checker
