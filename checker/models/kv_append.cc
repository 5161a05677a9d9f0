#include "checker/models/kv_append.h"

#include <fmt/format.h>

#include <stdexcept>

namespace ordeal::checker {
namespace {

Value appended(const Value& state, const Value& argument) {
  return *state.get_if<std::string>() + *argument.get_if<std::string>();
}

const Value& checked_string(const Value& value, const Event& event) {
  if (value.get_if<std::string>() == nullptr) {
    throw MalformedHistory(event.index, fmt::format("the value of {} is {}; with kv-append it must be a string",
                                                    event.f, to_string(value)));
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

Effect kv_append_effect(const Operation& operation) {
  const Event& call = *operation.call;
  if (call.f == "get") return {.needs = checked_string(operation.completion->value, *operation.completion)};
  if (call.f == "put") return {.makes = checked_string(call.value, call)};
  if (call.f == "append") return {.transform = appended, .argument = checked_string(call.value, call)};
  refuse_unknown(operation, "kv-append", "get, put and append");
}

}  // namespace ordeal::checker
