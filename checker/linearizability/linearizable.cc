#include "checker/linearizable.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <vector>

#include "checker/linearizability/collection.h"
#include "checker/linearizability/early_collection.h"
#include "checker/linearizability/judge_object.h"
#include "checker/linearizability/stream_rounds.h"
#include "checker/linearizability/violation_events.h"
#include "checker/linearizability/witness.h"

namespace ordeal::checker {
namespace {

using Answer = SearchResult::Answer;
using Exceeded = Budget::Exceeded;

// More events than this are not fetched for a witness when fewer will do.
constexpr std::size_t most_witness_events = 400'000;

// The streaming check looks at the clock and at what it holds so often: less often than a batch comes, as a look takes
// as long as a hundred events, and often enough that what comes between is little.
constexpr std::size_t events_between_looks = 8192;

std::string name_of(const std::optional<std::string>& key) {
  return key ? "key " + *key : "the history";
}

class Check {
 public:
  Check(EventSource& source, const LinearizableOptions& options)
      : source_(source), options_(options), model_(model_of(options.model)) {}

  LinearizableResult run() {
    initial_ = source_.vocabulary().atom(model_.initial(options_.initial));
    const bool streams = options_.model == ModelName::register_ || options_.model == ModelName::cas_register;
    if (streams) stream();
    if (!stopped_ && (!streams || !uncollected_.empty())) read_again(streams);
    if (!stopped_) judge_undecided();
    conclude();
    result_.operations = operations_;
    result_.keys = keys_;
    result_.finding.check = "linearizable";
    return std::move(result_);
  }

 private:
  // Whether the check must end with what is known; says why, once.
  bool must_stop(std::size_t bytes, std::uint64_t event) {
    const Exceeded exceeded = over_a_limit(options_, bytes);
    if (exceeded == Exceeded::nothing) return false;
    stopped_ = true;
    unknown_reason_ = fmt::format("{} after {} operations, at event {}", reason(exceeded), operations_, event);
    return true;
  }

  std::string reason(Exceeded exceeded) const {
    switch (exceeded) {
      case Exceeded::time:
        return fmt::format("the time limit of {} s was reached",
                           std::chrono::duration_cast<std::chrono::seconds>(options_.time_limit).count());
      case Exceeded::memory:
        return fmt::format("the memory limit of {} MiB was reached", options_.memory_limit >> 20);
      case Exceeded::cancelled:
        return "the check was interrupted";
      default:
        return "the search was given up";
    }
  }

  // The first pass: every register that can be judged event by event.
  void stream() {
    StreamRounds rounds(source_, options_);
    RegisterStream& stream = rounds.stream();
    EarlyCollection early(source_.vocabulary(), options_);
    const StreamRounds::Collect collect = [&](std::span<const CompactEvent> events) { early.add(events); };
    std::size_t unlooked = events_between_looks;
    while (true) {
      const StreamRounds::Round round = rounds.next(early.is_over() ? StreamRounds::Collect() : collect);
      if (round.events == 0) break;
      early.decide(stream);
      operations_ = round.operations;
      unlooked += round.events;
      if (unlooked < events_between_looks) continue;
      unlooked = 0;
      const std::size_t bytes = rounds.bytes() + early.bytes() + source_.vocabulary().bytes();
      if (must_stop(bytes, round.last)) break;
      if (options_.progress) options_.progress(operations_, operations_);
    }
    stream.finish();
    keys_ = stream.keys();
    if (!stopped_) collection_ = early.finish(stream);
    for (const UndecidedKey& key : stream.undecided()) {
      if (early.has_collected(key.key)) continue;
      if (key.key >= uncollected_.size()) uncollected_.resize(key.key + 1, false);
      uncollected_[key.key] = true;
    }
    violating_ = stream.violation_count();
    if (const std::size_t decided = keys_ - stream.undecided_count(); decided > 0) engines_["stream"] = decided;
    for (const StreamViolation& violation : stream.violations()) {
      note_place({.concerned = [key = violation.key](KeyId other) { return other == key; },
                  .event = violation.event,
                  .contradiction = violation.events});
    }
  }

  // The second pass, over the keys that are left; what happens after a violation is of no interest any more.
  void read_again(bool streamed) {
    source_.rewind();
    CollectionOptions which;
    if (streamed) which.wanted = [this](KeyId key) { return key < uncollected_.size() && uncollected_[key]; };
    if (first_) which.before_event = first_->event;
    Collection further = collect(source_, options_, which);
    if (!streamed) {
      operations_ = further.operations;
      keys_ = further.objects.size();
    }
    std::move(further.objects.begin(), further.objects.end(), std::back_inserter(collection_.objects));
    collection_.operations += further.operations;
    collection_.bytes += further.bytes;
    if (!further.cut_short) return;
    must_stop(collection_.bytes + source_.vocabulary().bytes(), further.last_event);
    unknown_ = collection_.objects.size();
  }

  void judge_undecided() {
    decided_ = operations_ - std::min(operations_, collection_.operations);
    verdicts_.resize(collection_.objects.size());
    judge_objects();
    for (std::size_t i = 0; i < verdicts_.size(); ++i) note(i);
  }

  ObjectToJudge object(std::size_t i) const {
    return {.operations = collection_.objects[i].operations,
            .model = model_,
            .initial = initial_,
            .vocabulary = source_.vocabulary()};
  }

  Budget budget() const {
    const std::size_t held = collection_.bytes + source_.vocabulary().bytes();
    const std::size_t left = options_.memory_limit - std::min(options_.memory_limit, held);
    Budget own(options_.elapsed, options_.time_limit, left / std::max<std::size_t>(options_.parallelism, 1));
    own.cancel_when(options_.cancelled);
    own.measure_memory(options_.memory_in_use, options_.memory_limit);
    return own;
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
      if (options_.progress) options_.progress(decided_, operations_);
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
        unknown_reason_ =
            fmt::format("{}: {} after {} configurations ({} MiB), with {} operations, at event {}",
                        name_of(key_name(i)), reason(verdict.exceeded), verdict.configurations, verdict.bytes >> 20,
                        collection_.objects[i].operations.operations.size(), event_at(verdict.reached));
      }
    } else {
      ++engines_[verdict.engine];
    }
    if (verdict.answer == Answer::not_linearizable) note_violation(i);
  }

  void note_violation(std::size_t i) {
    ++violating_;
    Budget own = budget();
    const std::optional<std::uint32_t> position = failing_position(object(i), verdicts_[i], own, first_position_);
    if (!position) return;
    first_position_ = *position;
    const bool all = !model_.keys_are_independent;
    note_place({.concerned = [all, key = collection_.objects[i].key](KeyId other) { return all || other == key; },
                .event = event_at(*position)});
  }

  void note_place(ViolationPlace place) {
    if (!first_ || place.event < first_->event) first_ = std::move(place);
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
    if (unknown_ > 0 || stopped_) {
      finding.verdict = Verdict::unknown;
      finding.summary = unknown_ > 0
                            ? fmt::format("{} of {} keys could not be decided: {}", unknown_, keys_, unknown_reason_)
                            : fmt::format("no violation up to there, but {}", unknown_reason_);
      finding.details.push_back(unknown_reason_);
    } else {
      finding.verdict = Verdict::valid;
      finding.summary =
          fmt::format("linearizable: {} operations on {} {}", operations_, keys_, keys_ == 1 ? "key" : "keys");
    }
    if (first_) conclude_invalid();
    for (const auto& [engine, count] : engines_) result_.engines.emplace_back(engine, count);
  }

  void conclude_invalid() {
    Finding& finding = result_.finding;
    const History events = events_around(source_, *first_, most_witness_events);
    const std::vector<Operation> operations = pair_operations(events);
    KeyHistory key = prepare(operations, options_);
    const auto found = std::lower_bound(key.event_indices.begin(), key.event_indices.end(), first_->event);
    const auto position = static_cast<std::uint32_t>(found - key.event_indices.begin());
    const Operation& refused = operations[key.prepared[returning_at(key, position)].source];
    JudgedWitness judged = make_witness(key, position, options_);
    if (judged.confirmed == false) {
      finding.verdict = Verdict::unknown;
      finding.summary = fmt::format(
          "an engine refuses {} of {} at event {}, but trying every order does not: a bug of "
          "the checker; please report it with this history",
          describe(refused), name_of(refused.call->key), first_->event);
    } else {
      finding.verdict = Verdict::invalid;
      finding.summary = fmt::format("not linearizable: {}, {} (event {}) cannot be linearized",
                                    name_of(refused.call->key), describe(refused), first_->event);
      finding.details.push_back(judged.confirmed ? "confirmed by trying every order of the operations that matter"
                                                 : "too many operations matter to try every order of them");
    }
    if (violating_ > 1) {
      finding.details.push_back(
          fmt::format("{} of {} keys are not linearizable; this is the one that failed first", violating_, keys_));
    }
    finding.witness = std::move(judged.witness);
  }

  EventSource& source_;
  const LinearizableOptions& options_;
  const Model& model_;
  Atom initial_;
  std::size_t operations_ = 0, keys_ = 0;
  std::vector<bool> uncollected_;  // by KeyId, after the first pass: undecided, and to be read again
  Collection collection_;
  std::vector<ObjectVerdict> verdicts_;
  std::map<std::string_view, std::size_t> engines_;
  std::size_t decided_ = 0;
  std::size_t unknown_ = 0;
  std::size_t violating_ = 0;
  bool stopped_ = false;  // at a limit, before everything was read
  std::string unknown_reason_;
  std::optional<ViolationPlace> first_;  // the one with the smallest event
  std::uint32_t first_position_ = PreparedOperation::forever;
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
