#include "harness/report/operations.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <variant>

#include "harness/report/terminal_text.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using checker::Value;

constexpr std::size_t widest_value = 60;

struct Writer {
  std::string operator()(checker::Nil) const { return "nil"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return std::isfinite(value) ? fmt::format("{}", value) : "no number"; }
  std::string operator()(const std::string& value) const { return "\"" + printable(value) + "\""; }
  std::string operator()(const checker::List& list) const {
    std::string text = "[";
    for (const Value& element : list) {
      // A list may be very long, and nobody reads past the cut.
      if (text.size() > widest_value) break;
      text += (text.size() > 1 ? ", " : "") + std::visit(*this, element.variant());
    }
    return text + "]";
  }
  std::string operator()(const checker::Map& map) const {
    std::string text = "{";
    for (const checker::Field& field : map) {
      if (text.size() > widest_value) break;
      text += (text.size() > 1 ? ", " : "") + printable(field.first) + ": " + std::visit(*this, field.second.variant());
    }
    return text + "}";
  }
};

}  // namespace

std::vector<PairedOperation> pair_operations(const checker::History& history) {
  std::vector<PairedOperation> operations;
  operations.reserve(history.size() / 2 + 1);
  std::unordered_map<checker::Process, std::size_t> open;  // the position of each process' call
  for (const Event& event : history) {
    if (event.process == checker::nemesis_process) continue;
    if (event.type == EventType::invoke) {
      open[event.process] = operations.size();
      operations.push_back({.call = &event});
      continue;
    }
    const auto call = open.find(event.process);
    if (call == open.end()) {
      operations.push_back({.completion = &event});
      continue;
    }
    operations[call->second].completion = &event;
    open.erase(call);
  }
  return operations;
}

std::string value_text(const Value& value) {
  return elided(std::visit(Writer{}, value.variant()), widest_value);
}

// {"from":1,"to":50}, the elements of a set that a read asks for, as 1..50.
static std::optional<std::string> range_text(const Value& value) {
  const Value* from = value.find("from");
  const Value* to = value.find("to");
  if (from == nullptr || to == nullptr) return std::nullopt;
  return value_text(*from) + ".." + value_text(*to);
}

std::string call_text(const PairedOperation& operation) {
  const Event& call = operation.first();
  const std::string f = printable(call.f);
  // What a return without a call carries is its result, not its argument.
  if (operation.call == nullptr && f == "read") return f;
  const auto* pair = call.value.get_if<checker::List>();
  if (f == "cas" && pair != nullptr && pair->size() == 2) {
    return fmt::format("cas {} to {}", value_text((*pair)[0]), value_text((*pair)[1]));
  }
  if (const auto read = range_text(call.value)) return f + " " + *read;
  if (const Value* delta = call.value.find("delta")) return f + " by " + value_text(*delta);
  return call.value.is_nil() ? f : f + " " + value_text(call.value);
}

std::string outcome_text(const PairedOperation& operation) {
  if (operation.completion == nullptr) return "no return";
  const Event& completion = *operation.completion;
  if (completion.type == EventType::ok) {
    const bool news = !completion.value.is_nil() && completion.value != operation.first().value;
    const bool has_result = completion.f == "read" || news;
    if (const Value* result = completion.value.find("value")) {
      const Value* again = completion.value.find("again");
      const Value* second = again == nullptr ? nullptr : again->find("value");
      return value_text(*result) + (second == nullptr ? "" : ", and when sent again " + value_text(*second));
    }
    return has_result ? value_text(completion.value) : "ok";
  }
  const std::string type = completion.type == EventType::fail ? "fail" : "info";
  return completion.error.empty() ? type : type + ": " + printable(completion.error);
}

std::string process_text(checker::Process process) {
  return process == checker::nemesis_process ? "nemesis" : fmt::format("process {}", process);
}

}  // namespace ordeal::harness
