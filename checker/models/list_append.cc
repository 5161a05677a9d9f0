#include "checker/models/list_append.h"

#include <fmt/format.h>

#include <stdexcept>

namespace ordeal::checker {

Value list_append_initial(const Value& asked) {
  if (asked.is_nil()) return List();
  if (asked.get_if<List>() != nullptr) return asked;
  throw std::invalid_argument(
      fmt::format("the initial value of a list-append key is {}; it must be a list", to_string(asked)));
}

Effect list_append_effect(const CompactOperation& operation, const Vocabulary& vocabulary) {
  if (operation.f == verb::append) return {.steps = true, .f = operation.f, .argument = operation.argument};
  if (operation.f != verb::read && operation.f != verb::get) {
    refuse_unknown(operation, "list-append", "read and append", vocabulary);
  }
  if (operation.outcome != EventType::ok) return {.reads_only = true};
  const Atom read = operation.result;
  if (!read.is_named() || vocabulary.named(read).get_if<List>() == nullptr) {
    throw MalformedHistory(operation.completion_event,
                           fmt::format("the value of {} is {}; with list-append it must be a list",
                                       vocabulary.verb_name(operation.f), to_string(vocabulary.value(read))));
  }
  return {.needs = read, .reads_only = true};
}

std::optional<Value> list_append_step(const Value& state, const FullEffect& effect) {
  List longer = *state.get_if<List>();
  longer.push_back(effect.argument);
  return longer;
}

}  // namespace ordeal::checker
