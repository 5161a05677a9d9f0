// Shrinking in two ways until neither gets on: relaxing, as delta debugging does (halves first, then smaller chunks),
// and taking out writes that a later write of the same state supersedes. Both keep the contradiction honest: whatever
// was left out, putting it back cannot make the operations linearizable.

#include <algorithm>

#include "checker/linearizability/timeline.h"
#include "checker/linearizability/witness.h"

namespace ordeal::checker {
namespace {

class Shrinker {
 public:
  Shrinker(KeyHistory& key, std::uint32_t position, Budget& budget)
      : key_(key),
        budget_(budget),
        operations_(prefix(key.prepared, position + 1)),
        culprit_(returning_at(key, position)),
        relaxed_(operations_.size(), false) {
    for (std::uint32_t i = 0; i < operations_.size(); ++i) core_.push_back(i);
  }

  std::vector<std::uint32_t> run() {
    for (std::size_t before = core_.size() + 1; core_.size() < before && budget_.steps_left() > 0;) {
      before = core_.size();
      relax();
      leave_out_superseded();
    }
    return core_;
  }

 private:
  // The core with its relaxed operations optional.
  std::vector<PreparedOperation> left(const std::vector<std::uint32_t>& core, const std::vector<bool>& relaxed) const {
    std::vector<PreparedOperation> out;
    for (const std::uint32_t i : core) {
      out.push_back(operations_[i]);
      if (relaxed[i]) out.back().returned = PreparedOperation::forever;
    }
    return out;
  }

  // Laying the operations out costs, too, however soon the search then ends.
  bool fails(const std::vector<std::uint32_t>& core, const std::vector<bool>& relaxed) {
    if (budget_.steps_left() == 0) return false;
    budget_.charge(core.size());
    return search(key_.problem(left(core, relaxed)), budget_).answer == SearchResult::Answer::not_linearizable;
  }

  void relax() {
    // A contradiction is mostly recent: of a long history first only the end.
    bool recent = false;
    for (std::size_t end = 64; end < core_.size() / 2 && !recent; end *= 4) recent = relax_range(0, core_.size() - end);
    if (recent) leave_out_useless();
    for (std::size_t chunk = (core_.size() + 1) / 2; chunk > 0; chunk = std::min(chunk, core_.size()) / 2) {
      for (std::size_t begin = 0; begin < core_.size(); begin += chunk) relax_range(begin, begin + chunk);
      leave_out_useless();
    }
  }

  bool relax_range(std::size_t begin, std::size_t end) {
    std::vector<bool> attempt = relaxed_;
    for (std::size_t i = begin; i < std::min(end, core_.size()); ++i) attempt[core_[i]] = core_[i] != culprit_;
    if (attempt == relaxed_ || !fails(core_, attempt)) return false;
    relaxed_ = std::move(attempt);
    return true;
  }

  // Optional operations that cannot help, optional observers among them, matter no more.
  void leave_out_useless() {
    const std::vector<PreparedOperation> all = left(core_, relaxed_);
    std::vector<std::uint32_t> smaller;
    for (const std::uint32_t i : lay_out(key_.problem(all)).given) smaller.push_back(core_[i]);
    core_ = std::move(smaller);
  }

  void leave_out_superseded() {
    for (std::size_t i = 0; i < core_.size();) {
      std::vector<std::uint32_t> attempt = core_;
      attempt.erase(attempt.begin() + static_cast<std::ptrdiff_t>(i));
      if (core_[i] != culprit_ && superseded(core_[i]) && fails(attempt, relaxed_)) {
        core_ = std::move(attempt);
      } else {
        ++i;
      }
    }
  }

  // Whether a later writer of the same state returned before anybody who needs that state was called. Then nobody sees
  // the earlier one's state without the later one, so an order without the earlier one is left when it is taken out.
  bool superseded(std::uint32_t earlier) const {
    const StateId made = operations_[earlier].makes;
    if (made == no_state) return false;
    std::uint32_t first_call = PreparedOperation::forever;  // of those who need the state
    for (const std::uint32_t other : core_) {
      if (operations_[other].needs == made) first_call = std::min(first_call, operations_[other].called);
    }
    return std::any_of(core_.begin(), core_.end(), [&](std::uint32_t later) {
      const PreparedOperation& writer = operations_[later];
      return writer.makes == made && writer.called > operations_[earlier].returned && writer.returned < first_call;
    });
  }

  KeyHistory& key_;
  Budget& budget_;
  const std::vector<PreparedOperation> operations_;
  const std::uint32_t culprit_;
  std::vector<bool> relaxed_;
  std::vector<std::uint32_t> core_;
};

}  // namespace

std::uint32_t returning_at(const KeyHistory& key, std::uint32_t position) {
  const auto found = std::find_if(key.prepared.begin(), key.prepared.end(),
                                  [&](const PreparedOperation& operation) { return operation.returned == position; });
  return static_cast<std::uint32_t>(found - key.prepared.begin());
}

std::vector<std::uint32_t> shrink(KeyHistory& key, std::uint32_t position, Budget& budget) {
  return Shrinker(key, position, budget).run();
}

}  // namespace ordeal::checker
