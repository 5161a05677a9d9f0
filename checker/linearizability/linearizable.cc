#include "checker/linearizable.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

#include "checker/linearizability/collection.h"
#include "checker/linearizability/failing_prefix.h"
#include "checker/linearizability/judge_object.h"
#include "checker/linearizability/witness.h"

namespace ordeal::checker {
namespace {

using Answer = SearchResult::Answer;

std::string name_of(const std::optional<std::string>& key) {
  return key ? "key " + *key : "the history";
}

std::string reason(Budget::Exceeded exceeded, const LinearizableOptions& options) {
  if (options.cancelled && options.cancelled()) return "the check was interrupted";
  switch (exceeded) {
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
  Check(EventSource& source, const LinearizableOptions& options)
      : source_(source), options_(options), model_(model_of(options.model)) {}

  LinearizableResult run() {
    initial_ = source_.vocabulary().atom(model_.initial(options_.initial));
    collection_ = collect(source_, options_, {.wanted = {}, .memory_limit = options_.memory_limit});
    verdicts_.resize(collection_.objects.size());
    judge_objects();
    for (std::size_t i = 0; i < verdicts_.size(); ++i) note(i);
    conclude();
    result_.operations = collection_.operations;
    result_.keys = std::max<std::size_t>(collection_.objects.size(), 0);
    result_.finding.check = "linearizable";
    return std::move(result_);
  }

 private:
  // Where one object fails: at a position among all events of clients.
  struct Violation {
    std::size_t object = 0;
    std::uint32_t position = PreparedOperation::forever;
  };

  ObjectToJudge object(std::size_t i) const {
    return {.operations = collection_.objects[i].operations,
            .model = model_,
            .initial = initial_,
            .vocabulary = source_.vocabulary()};
  }

  Budget budget() const {
    const std::size_t left = options_.memory_limit - std::min(options_.memory_limit, collection_.bytes);
    return {options_.elapsed, options_.time_limit, left / std::max<std::size_t>(options_.parallelism, 1)};
  }

  // The largest first, so that no processor waits for it at the end.
  void judge_objects() {
    std::vector<std::size_t> order(collection_.objects.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto size = [&](std::size_t i) { return collection_.objects[i].operations.operations.size(); };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
    const auto job = [&](std::size_t i) {
      Budget own = budget();
      verdicts_[order[i]] = judge_object(object(order[i]), own);
    };
    const auto ended = [&](std::size_t i) {
      decided_ += size(order[i]);
      if (options_.progress) options_.progress(decided_, collection_.operations);
    };
    if (options_.in_parallel) {
      options_.in_parallel(order.size(), job, ended);
    } else {
      for (std::size_t i = 0; i < order.size(); ++i) {
        job(i);
        ended(i);
      }
    }
  }

  void note(std::size_t i) {
    const ObjectVerdict& verdict = verdicts_[i];
    if (verdict.answer == Answer::unknown) {
      if (unknown_++ == 0) {
        unknown_reason_ = fmt::format("{}: {} after {} configurations ({} MiB), with {} operations, at event {}",
                                      name_of(key_name(i)), reason(verdict.exceeded, options_), verdict.configurations,
                                      verdict.bytes >> 20, collection_.objects[i].operations.operations.size(),
                                      event_at(verdict.reached));
      }
    } else {
      ++engines_[verdict.engine];
    }
    if (verdict.answer == Answer::not_linearizable) note_violation(i);
  }

  void note_violation(std::size_t i) {
    ++violating_;
    Budget own = budget();
    const std::optional<std::uint32_t> position =
        failing_position(object(i), verdicts_[i], own, first_ ? first_->position : PreparedOperation::forever);
    if (position) first_ = {.object = i, .position = *position};
  }

  std::optional<std::string> key_name(std::size_t object) const {
    return source_.vocabulary().key_name(collection_.objects[object].key);
  }

  // Event::index of a position, or of the last event before it when there are fewer.
  std::uint64_t event_at(std::uint32_t position) {
    std::uint32_t at = 0;
    std::uint64_t index = 0;
    source_.fetch(
        [&](const CompactEvent& event) {
          if (at++ <= position) index = event.index;
          return false;
        },
        std::numeric_limits<std::uint64_t>::max());
    return index;
  }

  void conclude() {
    Finding& finding = result_.finding;
    const std::size_t keys = collection_.objects.size();
    if (unknown_ > 0) {
      finding.verdict = Verdict::unknown;
      finding.summary = fmt::format("{} of {} keys could not be decided: {}", unknown_, keys, unknown_reason_);
      finding.details.push_back(unknown_reason_);
    } else {
      finding.verdict = Verdict::valid;
      finding.summary =
          fmt::format("linearizable: {} operations on {} {}", collection_.operations, keys, keys == 1 ? "key" : "keys");
    }
    if (first_) conclude_invalid();
    for (const auto& [engine, count] : engines_) result_.engines.emplace_back(engine, count);
  }

  void conclude_invalid() {
    Finding& finding = result_.finding;
    const auto [events, event] = events_of_first();
    const std::vector<Operation> operations = pair_operations(events);
    KeyHistory key = prepare(operations, options_);
    const auto found = std::lower_bound(key.event_indices.begin(), key.event_indices.end(), event);
    const auto position = static_cast<std::uint32_t>(found - key.event_indices.begin());
    const Operation& refused = operations[key.prepared[returning_at(key, position)].source];
    JudgedWitness judged = make_witness(key, position, options_);
    if (judged.confirmed == false) {
      finding.verdict = Verdict::unknown;
      finding.summary = fmt::format(
          "the search refuses {} of {} at event {}, but trying every order does not: a bug of "
          "the checker; please report it with this history",
          describe(refused), name_of(refused.call->key), event);
    } else {
      finding.verdict = Verdict::invalid;
      finding.summary = fmt::format("not linearizable: {}, {} (event {}) cannot be linearized",
                                    name_of(refused.call->key), describe(refused), event);
      finding.details.push_back(judged.confirmed ? "confirmed by trying every order of the operations that matter"
                                                 : "too many operations matter to try every order of them");
    }
    if (violating_ > 1) {
      finding.details.push_back(fmt::format("{} of {} keys are not linearizable; this is the one that failed first",
                                            violating_, collection_.objects.size()));
    }
    finding.witness = std::move(judged.witness);
  }

  // The object's events in full, and the index of the failing one. Of a very long history only up to that: what comes
  // later can only tell that something was written too late.
  std::pair<History, std::uint64_t> events_of_first() {
    constexpr std::size_t most_later_events = 100'000;
    const KeyId key = collection_.objects[first_->object].key;
    std::uint32_t at = 0;
    std::size_t later = 0;
    std::uint64_t failing = 0;
    History events = source_.fetch(
        [&](const CompactEvent& event) {
          const std::uint32_t position = at++;
          if (position == first_->position) failing = event.index;
          if (position > first_->position && ++later > most_later_events) return false;
          return event.key == key || !model_.keys_are_independent;
        },
        std::numeric_limits<std::uint64_t>::max());
    return {std::move(events), failing};
  }

  EventSource& source_;
  const LinearizableOptions& options_;
  const Model& model_;
  Atom initial_;
  Collection collection_;
  std::vector<ObjectVerdict> verdicts_;
  std::map<std::string_view, std::size_t> engines_;
  std::size_t decided_ = 0;
  std::size_t unknown_ = 0;
  std::size_t violating_ = 0;
  std::string unknown_reason_;
  std::optional<Violation> first_;  // the one with the smallest position
  LinearizableResult result_;
};

}  // namespace

LinearizableResult check_linearizable(EventSource& source, const LinearizableOptions& options) {
  return Check(source, options).run();
}

LinearizableResult check_linearizable(const History& history, const LinearizableOptions& options) {
  HistorySource source(history);
  return check_linearizable(source, options);
}

}  // namespace ordeal::checker
