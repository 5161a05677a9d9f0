#include "checker/linearizable.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <vector>

#include "checker/linearizability/failing_prefix.h"
#include "checker/linearizability/witness.h"

namespace ordeal::checker {
namespace {

std::string name_of(const std::optional<std::string>& key) {
  return key ? "key " + *key : "the history";
}

// Each key's operations, in the order in which the keys first appear.
std::vector<std::vector<Operation>> by_key(const std::vector<Operation>& operations) {
  std::vector<std::vector<Operation>> groups;
  std::unordered_map<std::string_view, std::size_t> group_of;
  std::optional<std::size_t> without_key;
  for (const Operation& operation : operations) {
    const std::optional<std::string>& key = operation.call->key;
    std::size_t group = groups.size();
    if (key) {
      group = group_of.try_emplace(*key, groups.size()).first->second;
    } else {
      without_key = without_key.value_or(groups.size());
      group = *without_key;
    }
    if (group == groups.size()) groups.emplace_back();
    groups[group].push_back(operation);
  }
  return groups;
}

std::string reason(const SearchResult& result, const LinearizableOptions& options) {
  switch (result.exceeded) {
    case Budget::Exceeded::time:
      return fmt::format("the time limit of {} s was reached",
                         std::chrono::duration_cast<std::chrono::seconds>(options.time_limit).count());
    case Budget::Exceeded::memory:
      return fmt::format("the memory limit of {} MiB was reached", options.memory_limit >> 20);
    default:
      return "the search was given up";
  }
}

class Check {
 public:
  Check(const History& history, const LinearizableOptions& options)
      : options_(options),
        operations_(pair_operations(history)),
        groups_(by_key(operations_)),
        budget_(options.elapsed, options.time_limit, options.memory_limit) {}

  LinearizableResult run() {
    for (const std::vector<Operation>& group : groups_) {
      judge(group);
      decided_ += group.size();
      if (options_.progress) options_.progress(decided_, operations_.size());
    }
    conclude();
    result_.operations = operations_.size();
    result_.keys = groups_.size();
    result_.finding.check = "linearizable";
    return std::move(result_);
  }

 private:
  struct Violation {
    KeyHistory key;
    std::uint32_t position = 0;
    std::uint64_t event = 0;
  };

  void judge(const std::vector<Operation>& group) {
    KeyHistory key = prepare(group, options_);
    const SearchResult result = search(key.problem(key.prepared), budget_);
    if (result.answer == SearchResult::Answer::unknown) note_unknown(key, group, result);
    if (result.answer == SearchResult::Answer::not_linearizable) note_violation(std::move(key), result.reached);
  }

  void note_unknown(const KeyHistory& key, const std::vector<Operation>& group, const SearchResult& result) {
    if (unknown_keys_++ == 0) {
      const std::size_t reached =
          std::min<std::size_t>(result.reached, std::max<std::size_t>(key.event_indices.size(), 1) - 1);
      unknown_reason_ =
          fmt::format("{}: {} after {} configurations ({} MiB), with {} operations, at event {}",
                      name_of(group[0].call->key), reason(result, options_), result.configurations, result.bytes >> 20,
                      group.size(), key.event_indices.empty() ? 0 : key.event_indices[reached]);
    }
  }

  void note_violation(KeyHistory key, std::uint32_t reached) {
    ++violating_keys_;
    std::uint32_t below = PreparedOperation::forever;
    if (first_) {
      const auto found = std::lower_bound(key.event_indices.begin(), key.event_indices.end(), first_->event);
      below = static_cast<std::uint32_t>(found - key.event_indices.begin());
    }
    const std::optional<std::uint32_t> position = first_failing_return(key, budget_, reached, below);
    if (!position) return;
    const std::uint64_t event = key.event_indices[*position];
    first_.emplace(Violation{.key = std::move(key), .position = *position, .event = event});
  }

  void conclude() {
    Finding& finding = result_.finding;
    if (unknown_keys_ > 0) {
      finding.verdict = Verdict::unknown;
      finding.summary =
          fmt::format("{} of {} keys could not be decided: {}", unknown_keys_, groups_.size(), unknown_reason_);
      finding.details.push_back(unknown_reason_);
    } else {
      finding.verdict = Verdict::valid;
      finding.summary = fmt::format("linearizable: {} operations on {} {}", operations_.size(), groups_.size(),
                                    groups_.size() == 1 ? "key" : "keys");
    }
    if (first_) conclude_invalid();
  }

  void conclude_invalid() {
    Finding& finding = result_.finding;
    const Operation& refused =
        first_->key.operations[first_->key.prepared[returning_at(first_->key, first_->position)].source];
    JudgedWitness judged = make_witness(first_->key, first_->position, options_);
    if (judged.confirmed == false) {
      finding.verdict = Verdict::unknown;
      finding.summary = fmt::format(
          "the search refuses {} of {} at event {}, but trying every order does not: a bug of "
          "the checker; please report it with this history",
          describe(refused), name_of(refused.call->key), first_->event);
    } else {
      finding.verdict = Verdict::invalid;
      finding.summary = fmt::format("not linearizable: {}, {} (event {}) cannot be linearized",
                                    name_of(refused.call->key), describe(refused), first_->event);
      finding.details.push_back(judged.confirmed ? "confirmed by trying every order of the operations that matter"
                                                 : "too many operations matter to try every order of them");
    }
    if (violating_keys_ > 1) {
      finding.details.push_back(fmt::format("{} of {} keys are not linearizable; this is the one that failed first",
                                            violating_keys_, groups_.size()));
    }
    finding.witness = std::move(judged.witness);
  }

  const LinearizableOptions& options_;
  std::vector<Operation> operations_;
  std::vector<std::vector<Operation>> groups_;
  Budget budget_;
  std::size_t decided_ = 0;
  std::size_t unknown_keys_ = 0;
  std::size_t violating_keys_ = 0;
  std::string unknown_reason_;
  std::optional<Violation> first_;  // the one with the smallest event
  LinearizableResult result_;
};

}  // namespace

LinearizableResult check_linearizable(EventSource& source, const LinearizableOptions& options) {
  const History history =
      source.fetch([](const CompactEvent&) { return true; }, std::numeric_limits<std::uint64_t>::max());
  return Check(history, options).run();
}

LinearizableResult check_linearizable(const History& history, const LinearizableOptions& options) {
  return Check(history, options).run();
}

}  // namespace ordeal::checker
