#include "checker/counter/counter_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "checker/evidence.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t most_details = 20;

struct Violation {
  std::string key;
  std::string sentence;
  OperationPlace culprit;
  std::vector<OperationPlace> others;
};

// What an operation saw.
struct Observation {
  OperationPlace place;
  std::int64_t value = 0;
};

struct Step {
  OperationPlace place;
  std::int64_t delta = 1;
};

struct Counter {
  std::int64_t acknowledged = 0;       // sum of the increments that returned ok
  std::int64_t possible = 0;           // sum of all that were called and have not failed
  Observation highest;                 // the largest value that an operation which has returned saw
  std::map<std::int64_t, Step> steps;  // the ok increments, by the value that they saw
  std::vector<Observation> observations;
  std::map<std::uint64_t, std::int64_t> unanswered;  // open or info: the delta by the index of the call
};

struct Open {
  std::string f;
  std::string key;
  std::int64_t delta = 0;
  std::uint64_t call = 0;
  std::int64_t acknowledged = 0;  // of the counter, at the call
  Observation highest;            // as well
};

// The number itself, or the one in a field of a map.
std::optional<std::int64_t> number_in(const Value& value, const std::string& field) {
  const Value* inner = value.find(field);
  const Value& said = inner == nullptr ? value : *inner;
  const auto* number = said.get_if<std::int64_t>();
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::string what(const Open& call) {
  return call.f == "read" ? "a read" : "an increment";
}

}  // namespace

struct CounterCheck::State {
  std::map<std::string, Counter> counters;
  std::unordered_map<Process, Open> open;
  std::vector<Violation> violations;
  std::optional<std::string> first;
  std::uint64_t increments = 0;
  std::uint64_t reads = 0;

  void complain(Violation violation) {
    violation.sentence = fmt::format("counter {}: {}", violation.key, violation.sentence);
    if (!first) first = violation.sentence;
    violations.push_back(std::move(violation));
  }

  void called(const Event& event) {
    Counter& counter = counters[event.key.value_or("")];
    Open& call = open[event.process];
    call = {.f = event.f,
            .key = event.key.value_or(""),
            .delta = event.f == "read" ? 0 : number_in(event.value, "delta").value_or(1),
            .call = event.index,
            .acknowledged = counter.acknowledged,
            .highest = counter.highest};
    if (call.f == "read") return;
    counter.possible += call.delta;
    counter.unanswered.emplace(call.call, call.delta);
  }

  void returned(const Open& call, const Event& completion) {
    Counter& counter = counters[call.key];
    if (completion.type == EventType::fail && call.f != "read") {
      counter.possible -= call.delta;
      counter.unanswered.erase(call.call);
    }
    if (completion.type != EventType::ok) return;
    const OperationPlace place{.call = call.call, .completion = completion.index};
    std::optional<std::int64_t> value = number_in(completion.value, "value");
    if (!value && call.f == "read" && completion.value.is_nil()) value = 0;
    if (!value) {
      complain(
          {call.key, fmt::format("{} saw {}, which is no number", what(call), to_string(completion.value)), place, {}});
      return;
    }
    check_at_least(call, place, *value);
    check_at_most(call, place, *value, counter);
    if (call.f != "read") {
      check_step(call, place, *value, counter);
      check_again(call, place, completion);
      counter.acknowledged += call.delta;
      counter.unanswered.erase(call.call);
    }
    ++(call.f == "read" ? reads : increments);
    counter.observations.push_back({place, *value});
    if (*value > counter.highest.value) counter.highest = {place, *value};
  }

  void check_at_least(const Open& call, OperationPlace place, std::int64_t value) {
    const std::int64_t before = value - call.delta;
    if (before < call.highest.value) {
      complain({call.key,
                fmt::format("{} saw {} though {} had been seen before it began", what(call), value, call.highest.value),
                place,
                {call.highest.place}});
    } else if (before < call.acknowledged) {
      complain({call.key,
                fmt::format("{} saw {} though increments of {} in all had been acknowledged before it began: one is "
                            "lost",
                            what(call), value, call.acknowledged),
                place,
                {}});
    }
  }

  void check_at_most(const Open& call, OperationPlace place, std::int64_t value, const Counter& counter) {
    if (value <= counter.possible) return;
    complain({call.key,
              fmt::format("{} saw {} though increments of only {} in all had been asked for: one was applied twice",
                          what(call), value, counter.possible),
              place,
              {}});
  }

  void check_step(const Open& call, OperationPlace place, std::int64_t value, Counter& counter) {
    const auto above = counter.steps.lower_bound(value);  // the first that saw `value` or more
    const auto overlaps = [&] {
      if (above != counter.steps.end() && above->first - above->second.delta < value) return above;
      if (above != counter.steps.begin() && std::prev(above)->first > value - call.delta) return std::prev(above);
      return counter.steps.end();
    }();
    if (overlaps != counter.steps.end()) {
      complain({call.key,
                fmt::format("two increments saw {} and {}, so that one of them does not count", overlaps->first, value),
                place,
                {overlaps->second.place}});
    }
    counter.steps.emplace(value, Step{place, call.delta});
  }

  void check_again(const Open& call, OperationPlace place, const Event& completion) {
    const Value* again = completion.value.find("again");
    if (again == nullptr) return;
    for (const char* field : {"value", "index"}) {
      const Value* once = completion.value.find(field);
      const Value* twice = again->find(field);
      if (once == nullptr || twice == nullptr || *once == *twice) continue;
      complain({call.key,
                fmt::format("an increment was answered with the {} {}, and a retry of it with {}: the retry must get "
                            "the first answer, else it was applied twice",
                            field, to_string(*once), to_string(*twice)),
                place,
                {}});
      return;
    }
  }

  // "counted", for one counter: the first observation that is too high.
  static std::optional<Violation> uncounted(const std::string& key, const Counter& counter) {
    std::vector<Observation> all = counter.observations;
    std::sort(all.begin(), all.end(),
              [](const Observation& a, const Observation& b) { return a.place.completion < b.place.completion; });
    std::map<std::int64_t, std::int64_t> acknowledged_up_to;  // by value: sum of the steps that end there or below
    std::int64_t sum = 0;
    for (const auto& [value, step] : counter.steps) acknowledged_up_to[value] = sum += step.delta;
    std::int64_t unanswered = 0;
    auto next = counter.unanswered.begin();
    for (const Observation& one : all) {
      for (; next != counter.unanswered.end() && next->first < one.place.completion; ++next) unanswered += next->second;
      const auto above = acknowledged_up_to.upper_bound(one.value);
      const std::int64_t acknowledged = above == acknowledged_up_to.begin() ? 0 : std::prev(above)->second;
      if (one.value <= acknowledged + unanswered) continue;
      return Violation{key,
                       fmt::format("counter {}: {} was seen, which is more than the {} of the acknowledged increments "
                                   "up to there and the {} of those that nobody knows of: one was applied twice",
                                   key, one.value, acknowledged, unanswered),
                       one.place,
                       {}};
    }
    return std::nullopt;
  }

  Finding judged(const History& history) const {
    std::vector<Violation> all = violations;
    if (all.empty()) {
      for (const auto& [key, counter] : counters) {
        if (auto violation = uncounted(key, counter)) all.push_back(std::move(*violation));
      }
    }
    Finding finding{.check = "counter", .verdict = Verdict::valid, .summary = {}, .details = {}, .witness = {}};
    if (all.empty() && increments == 0) {
      finding.verdict = Verdict::not_exercised;
      finding.summary = "no increment was acknowledged";
    } else if (all.empty()) {
      finding.summary = fmt::format("all {} acknowledged increments of {} counters count once, as {} reads say",
                                    increments, counters.size(), reads);
    } else {
      finding.verdict = Verdict::invalid;
      finding.summary = all.front().sentence;
      if (all.size() > 1) finding.summary += fmt::format(" (and {} more)", all.size() - 1);
      for (std::size_t at = 1; at < std::min(all.size(), most_details + 1); ++at) {
        finding.details.push_back(all[at].sentence);
      }
      if (!history.empty()) {
        finding.witness =
            witness_of(history, all.front().key, all.front().culprit, all.front().others, all.front().sentence + ".");
      }
    }
    return finding;
  }
};

CounterCheck::CounterCheck() : state_(std::make_unique<State>()) {}
CounterCheck::~CounterCheck() = default;

void CounterCheck::observe(const Event& event) {
  if (event.process == nemesis_process || (event.f != "increment" && event.f != "read")) return;
  if (event.type == EventType::invoke) return state_->called(event);
  const auto found = state_->open.find(event.process);
  if (found == state_->open.end() || found->second.f != event.f) return;
  const Open call = std::move(found->second);
  state_->open.erase(found);
  state_->returned(call, event);
}

const std::optional<std::string>& CounterCheck::violation() const {
  return state_->first;
}

Finding CounterCheck::finding(const History& history) const {
  return state_->judged(history);
}

Finding check_counter(const History& history) {
  CounterCheck check;
  for (const Event& event : history) check.observe(event);
  return check.finding(history);
}

}  // namespace ordeal::checker
