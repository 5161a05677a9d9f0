#include "checker/models/kv_append.h"

#include <fmt/format.h>

#include <stdexcept>

namespace ordeal::checker {
namespace {

Atom checked_string(Atom value, std::uint64_t event, const CompactOperation& operation, const Vocabulary& vocabulary) {
  if (!value.is_named() || vocabulary.named(value).get_if<std::string>() == nullptr) {
    throw MalformedHistory(event, fmt::format("the value of {} is {}; with kv-append it must be a string",
                                              vocabulary.verb_name(operation.f), to_string(vocabulary.value(value))));
  }
  return value;
}

}  // namespace

Value kv_append_initial(const Value& asked) {
  if (asked.is_nil()) return "";
  if (asked.get_if<std::string>() != nullptr) return asked;
  throw std::invalid_argument(
      fmt::format("the initial value of a kv-append key is {}; it must be a string", to_string(asked)));
}

Effect kv_append_effect(const CompactOperation& operation, const Vocabulary& vocabulary) {
  if (operation.f == verb::get) {
    if (operation.outcome != EventType::ok) return {.reads_only = true};
    return {.needs = checked_string(operation.result, operation.completion_event, operation, vocabulary),
            .reads_only = true};
  }
  if (operation.f == verb::put) {
    return {.makes = checked_string(operation.argument, operation.event, operation, vocabulary)};
  }
  if (operation.f == verb::append) {
    return {.steps = true,
            .f = operation.f,
            .argument = checked_string(operation.argument, operation.event, operation, vocabulary)};
  }
  refuse_unknown(operation, "kv-append", "get, put and append", vocabulary);
}

std::optional<Value> kv_append_step(const Value& state, const FullEffect& effect) {
  return *state.get_if<std::string>() + *effect.argument.get_if<std::string>();
}

}  // namespace ordeal::checker
