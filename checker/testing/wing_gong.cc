#include "checker/testing/wing_gong.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "checker/linearizability/brute_force.h"

namespace ordeal::checker {
namespace {

struct OutOfPairs {};

struct Pair {
  std::vector<bool> done;
  Value state;
  bool operator==(const Pair&) const = default;
};

struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    return std::hash<std::vector<bool>>()(pair.done) * 31 + ValueHash()(pair.state);
  }
};

class WingGong {
 public:
  WingGong(std::vector<Candidate> candidates, std::size_t max_pairs)
      : candidates_(std::move(candidates)), done_(candidates_.size(), false), max_pairs_(max_pairs) {}

  bool from(const Value& state) {
    std::size_t first_return = Operation::never;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (candidates_[i].required && !done_[i]) first_return = std::min(first_return, candidates_[i].returned);
    }
    if (first_return == Operation::never) return true;
    if (!met_.insert({done_, state}).second) return false;  // it did not lead anywhere the first time
    if (met_.size() > max_pairs_) throw OutOfPairs();
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (done_[i] || candidates_[i].called > first_return) continue;
      const std::optional<Value> next = step(state, candidates_[i].effect);
      if (!next) continue;
      done_[i] = true;
      if (from(*next)) return true;
      done_[i] = false;
    }
    return false;
  }

 private:
  std::vector<Candidate> candidates_;
  std::vector<bool> done_;
  std::size_t max_pairs_;
  std::unordered_set<Pair, PairHash> met_;
};

}  // namespace

std::optional<bool> linearizable_by_wing_and_gong(std::span<const Operation> operations,
                                                  const LinearizableOptions& options, std::size_t cut,
                                                  std::size_t max_pairs) {
  try {
    return WingGong(candidates_of(operations, options, cut), max_pairs)
        .from(model_of(options.model).initial(options.initial));
  } catch (const OutOfPairs&) {
    return std::nullopt;
  }
}

}  // namespace ordeal::checker
