// Three ways of leaving operations out, none of which can create a contradiction:
//   relaxing    an observer is dropped, any other operation becomes optional; as delta debugging does, halves first,
//               then smaller chunks, single ones at last,
//   superseding a write goes whose value a later one wrote again before anybody needed it,
//   cropping    what came before an operation that fixes the state goes (crop.h).
//
// The witness of a long history is nearly always near its end, and the long way there would cost a search of all of it
// for each step. So first only the last 16 operations are looked at, then 64, 256, ... until they contradict each
// other: either with all the others relaxed, but for those that are about the value that the refused operation needs;
// or cropped. The first is preferred, as it assumes nothing.

#include "checker/linearizability/shrink.h"

#include <algorithm>

#include "checker/linearizability/crop.h"
#include "checker/linearizability/search.h"
#include "checker/linearizability/search_workspace.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t few = 5;          // a witness of so many operations is not cropped
constexpr std::size_t most_crops = 64;  // of the last operations
constexpr std::size_t hopelessly_many = 1000;
constexpr std::uint64_t steps_without_hope = 250'000;
constexpr std::size_t most_to_supersede = 2000;  // each is compared with all

class Shrinker {
 public:
  Shrinker(KeyHistory& key, std::uint32_t position, Budget& budget)
      : key_(key), budget_(budget), original_(prefix(key.prepared, position + 1)), operations_(original_) {
    core_.initial = key.initial;
    for (std::uint32_t i = 0; i < operations_.size(); ++i) {
      if (operations_[i].returned == position) culprit_ = i;
      core_.operations.push_back(i);
    }
    std::vector<PreparedOperation> useful = operations_;
    capped_ = leave_out_useless(useful, core_.operations, key_.known_states.size());
  }

  Core run() {
    find_near_the_end();
    // What is no few operations by now seldom becomes such that a person reads them: not for any price.
    if (core_.operations.size() > hopelessly_many)
      budget_.limit_steps(std::min(budget_.steps_left(), steps_without_hope));
    make_small();
    if (core_.operations.size() > few || core_.anchor != Core::nobody) {
      crop_core();
      make_small();
    }
    for (const std::uint32_t i : core_.operations) core_.optional.push_back(operations_[i].optional());
    return core_;
  }

 private:
  std::vector<PreparedOperation> of(const Core& core) const {
    std::vector<PreparedOperation> out;
    out.reserve(core.operations.size());
    for (const std::uint32_t i : core.operations) out.push_back(operations_[i]);
    return out;
  }

  // Whether the operations, which are those of a core, contradict each other. Laying them out costs, too, however soon
  // the search then ends; and no single attempt may take what all the others need.
  bool fails(const std::vector<PreparedOperation>& operations, StateId initial) {
    const std::uint64_t left = budget_.steps_left();
    if (left < operations.size()) return false;
    // A step looks at each kind of optional operations.
    const auto optional = static_cast<std::uint64_t>(
        std::count_if(operations.begin(), operations.end(), [](const PreparedOperation& o) { return o.optional(); }));
    const std::uint64_t cost = 1 + optional / 32;
    const std::uint64_t most = std::min(left, left / 8 + 4 * operations.size()) / cost;
    budget_.limit_steps(most);
    Problem problem = key_.problem(operations);
    problem.initial = initial;
    const bool failing =
        search(problem, budget_, {.workspace = &workspace_}).answer == SearchResult::Answer::not_linearizable;
    const std::uint64_t spent = (most - budget_.steps_left()) * cost + operations.size();
    budget_.limit_steps(left - std::min(left, spent));
    return failing;
  }

  // Makes those of the core optional for which `keep` does not hold.
  template <typename Keep>
  bool relax(const Keep& keep) {
    if (budget_.steps_left() < core_.operations.size()) return false;
    std::vector<PreparedOperation> attempt = of(core_);
    bool changed = false;
    for (std::size_t at = 0; at < attempt.size(); ++at) {
      const std::uint32_t i = core_.operations[at];
      if (attempt[at].optional() || i == culprit_ || i == core_.anchor || keep(at)) continue;
      attempt[at].returned = PreparedOperation::forever;
      changed = true;
    }
    if (!changed) return false;
    Core smaller = core_;
    std::vector<PreparedOperation> left = attempt;
    const bool any_capped = leave_out_useless(left, smaller.operations, key_.known_states.size());
    if (!fails(left, core_.initial)) return false;
    capped_ = capped_ || any_capped;
    for (std::size_t at = 0; at < left.size(); ++at) operations_[smaller.operations[at]] = left[at];
    core_ = std::move(smaller);
    return true;
  }

  void find_near_the_end() {
    const StateId needed = operations_[culprit_].needs;
    std::size_t about_it = 0;
    for (const std::uint32_t i : core_.operations) about_it += is_about(i, needed) ? 1 : 0;
    if (about_it > most_crops && crop_near_the_end()) return;
    for (std::size_t recent = 16; recent < core_.operations.size() / 2; recent *= 4) {
      const std::size_t begin = core_.operations.size() - recent;
      // A failed cas may look at any state, so with one all the relaxed writes would have to stay.
      const auto keep = [&](std::size_t at) {
        const std::uint32_t i = core_.operations[at];
        return operations_[i].forbids == no_state && (at >= begin || is_about(i, needed));
      };
      // Where many are about it, values come again and again, and what was relaxed can explain nearly everything.
      const bool crop_first = about_it > recent;
      if (crop_first && crop_between(begin, begin + recent / 2)) return;
      if (about_it < 4 * recent + 1000 && relax(keep)) return;
      if (!crop_first && crop_between(begin, begin + recent / 2)) return;
    }
  }

  bool is_about(std::uint32_t i, StateId state) const {
    return state != no_state && (operations_[i].makes == state || operations_[i].needs == state);
  }

  bool crop_between(std::size_t begin, std::size_t end) {
    const auto chosen = best_to_crop(of(core_), static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                                     operations_[culprit_].called);
    return chosen && crop_at(core_.operations[*chosen], core_.operations);
  }

  // At each of the last ones, the latest first: each such crop has few operations.
  bool crop_near_the_end() {
    const std::size_t begin = core_.operations.size() - std::min(core_.operations.size(), most_crops);
    std::vector<std::uint32_t> near;  // what no crop from there on leaves out as too early
    for (const std::uint32_t i : core_.operations) {
      if (original_[i].returned >= operations_[core_.operations[begin]].called) near.push_back(i);
    }
    for (std::size_t at = core_.operations.size(); at-- > begin;) {
      const std::uint32_t i = core_.operations[at];
      if (operations_[i].returned < operations_[culprit_].called && crop_at(i, near)) return true;
    }
    return false;
  }

  // `candidates`: the core's operations, perhaps without such as returned before the chosen one was called.
  bool crop_at(std::uint32_t chosen, const std::vector<std::uint32_t>& candidates) {
    std::vector<PreparedOperation> all;
    all.reserve(candidates.size());
    std::uint32_t at_chosen = 0;
    for (const std::uint32_t i : candidates) {
      if (i == chosen) at_chosen = static_cast<std::uint32_t>(all.size());
      // What was relaxed came before the chosen one nevertheless if it had returned by then; unless others of its kind,
      // which it stands for, are gone.
      const bool had_returned = original_[i].returned < operations_[chosen].called;
      all.push_back(had_returned && !capped_ ? original_[i] : operations_[i]);
    }
    const std::optional<Crop> cropped = crop(all, core_.initial, key_.known_states.size(), at_chosen);
    if (!cropped || !fails(cropped->operations, cropped->initial)) return false;
    std::vector<std::uint32_t> left;
    for (std::size_t at = 0; at < cropped->given.size(); ++at) {
      left.push_back(candidates[cropped->given[at]]);
      operations_[left.back()] = cropped->operations[at];
    }
    core_.anchor = chosen;
    core_.operations = std::move(left);
    core_.initial = cropped->initial;
    capped_ = capped_ || cropped->capped;
    return true;
  }

  // From the end to the begin in growing steps, until it is a contradiction still.
  void crop_core() {
    for (std::size_t recent = 2; recent < core_.operations.size(); recent *= 2) {
      const std::size_t begin = core_.operations.size() - recent;
      if (crop_between(begin, begin + std::max(recent / 2, std::size_t{1}))) return;
    }
  }

  // Observers first: a write that nobody relaxed proves more than a read of what it wrote.
  void make_small() {
    for (std::size_t before = core_.operations.size() + 1; core_.operations.size() < before;) {
      before = core_.operations.size();
      for (const bool only_observers : {true, false}) {
        for (std::size_t chunk = (before + 1) / 2; chunk > 0; chunk = std::min(chunk, core_.operations.size()) / 2) {
          relax_chunks(chunk, only_observers);
        }
      }
      leave_out_superseded();
    }
  }

  void relax_chunks(std::size_t chunk, bool only_observers) {
    for (std::size_t begin = 0; begin < core_.operations.size();) {
      const std::size_t before = core_.operations.size();
      const bool relaxed = relax([&](std::size_t at) {
        return at < begin || at >= begin + chunk || (only_observers && !operations_[core_.operations[at]].observes());
      });
      // What was left out stood somewhere before the end of the chunk, mostly in it.
      const std::size_t gone = before - core_.operations.size();
      begin += relaxed ? chunk - std::min(chunk, gone) : chunk;
    }
  }

  void leave_out_superseded() {
    const bool every_state_counts = std::any_of(core_.operations.begin(), core_.operations.end(), [&](std::uint32_t i) {
      return operations_[i].transforms || operations_[i].forbids != no_state;
    });
    if (every_state_counts || core_.operations.size() > most_to_supersede) return;
    for (std::size_t at = 0; at < core_.operations.size();) {
      const std::uint32_t i = core_.operations[at];
      if (i == culprit_ || i == core_.anchor || !superseded(i)) {
        ++at;
        continue;
      }
      Core attempt = core_;
      attempt.operations.erase(attempt.operations.begin() + static_cast<std::ptrdiff_t>(at));
      if (fails(of(attempt), core_.initial)) {
        core_ = std::move(attempt);
      } else {
        ++at;
      }
    }
  }

  // Asked where nothing forbids a state. Whether a later writer of the same state returned before anybody who needs
  // that state was called. Then nobody sees the earlier one's state without the later one, so an order without the
  // earlier one is left when it is taken out.
  bool superseded(std::uint32_t earlier) const {
    const StateId made = operations_[earlier].makes;
    if (made == no_state) return false;
    std::uint32_t first_call = PreparedOperation::forever;  // of those who need the state
    for (const std::uint32_t other : core_.operations) {
      if (operations_[other].needs == made) first_call = std::min(first_call, operations_[other].called);
    }
    return std::any_of(core_.operations.begin(), core_.operations.end(), [&](std::uint32_t later) {
      const PreparedOperation& writer = operations_[later];
      return writer.makes == made && writer.called > operations_[earlier].returned && writer.returned < first_call;
    });
  }

  KeyHistory& key_;
  Budget& budget_;
  const std::vector<PreparedOperation> original_;
  std::vector<PreparedOperation> operations_;  // those that were relaxed are optional
  std::uint32_t culprit_ = 0;
  SearchWorkspace workspace_;
  Core core_;
  bool capped_ = false;  // optional operations were left out because enough equal ones are there
};

}  // namespace

std::uint32_t returning_at(const KeyHistory& key, std::uint32_t position) {
  const auto found = std::find_if(key.prepared.begin(), key.prepared.end(),
                                  [&](const PreparedOperation& operation) { return operation.returned == position; });
  return static_cast<std::uint32_t>(found - key.prepared.begin());
}

Core shrink(KeyHistory& key, std::uint32_t position, Budget& budget) {
  return Shrinker(key, position, budget).run();
}

}  // namespace ordeal::checker
