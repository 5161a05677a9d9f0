#include "harness/scenario/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/report/quantities.h"

namespace ordeal::harness {

using checker::Event;
using checker::EventType;
using checker::Value;
using checker::Verdict;

namespace {

std::string word_of(EventType type) {
  return type == EventType::ok ? "ok" : type == EventType::fail ? "fail" : "info";
}

// What an answer shows of the object: of an increment the sum, without the index beside it.
Value shown_by(const Event& completion) {
  const Value* value = completion.f == "increment" ? completion.value.find("value") : nullptr;
  return value != nullptr ? *value : completion.value;
}

bool shows_something(const Event& completion) {
  return completion.type == EventType::ok && (completion.f == "read" || completion.f == "increment");
}

std::string told(const Event& completion) {
  if (shows_something(completion)) return fmt::format("ok, {}", to_string(shown_by(completion)));
  if (completion.error.empty()) return word_of(completion.type);
  return fmt::format("{} ({})", word_of(completion.type), completion.error);
}

std::string one_of_text(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : " or ") + to_string(value);
  return text;
}

}  // namespace

StepOutcome passed(std::string detail) {
  return {.result = StepResult::passed, .verdict = Verdict::valid, .detail = std::move(detail)};
}

StepOutcome skipped(std::string why) {
  return {.result = StepResult::skipped, .verdict = Verdict::valid, .detail = std::move(why)};
}

StepOutcome failed(Verdict verdict, std::string why) {
  return {.result = StepResult::failed, .verdict = verdict, .detail = std::move(why)};
}

StepOutcome judge_return(const Expectation& expectation, const Event& completion) {
  const bool expected = std::ranges::find(expectation.types, completion.type) != expectation.types.end();
  if (!expected) {
    std::string wanted;
    for (const EventType type : expectation.types) wanted += (wanted.empty() ? "" : " or ") + word_of(type);
    const bool only_ok = expectation.types == std::vector{EventType::ok} && completion.error != "mismatch";
    return failed(only_ok ? Verdict::unavailable : Verdict::invalid,
                  fmt::format("{} was expected, not {}", wanted, told(completion)));
  }
  if (shows_something(completion) && !expectation.sees.empty()) {
    const Value shown = shown_by(completion);
    if (std::ranges::find(expectation.sees, shown) == expectation.sees.end()) {
      return failed(Verdict::invalid,
                    fmt::format("it must show {}, not {}", one_of_text(expectation.sees), to_string(shown)));
    }
  }
  return passed(told(completion));
}

StepOutcome judge_assertion(const Judged& judged) {
  if (judged.holds.value_or(false)) return passed(judged.seen);
  if (judged.holds) return failed(Verdict::invalid, fmt::format("does not hold: {}", judged.seen));
  if (!judged.lacking.empty()) return skipped(judged.lacking);
  return failed(Verdict::unavailable, judged.silent);
}

StepOutcome judge_waiting(const Judged& judged, std::chrono::nanoseconds within) {
  if (judged.holds.value_or(false)) return passed(judged.seen);
  if (!judged.lacking.empty()) return failed(Verdict::not_exercised, judged.lacking);
  const std::string last = judged.silent.empty() ? judged.seen : judged.silent;
  return failed(Verdict::unavailable, fmt::format("not within {}: {}", duration_text(within), last));
}

}  // namespace ordeal::harness
