#include "checker/models/register.h"

#include <fmt/format.h>

namespace ordeal::checker {

Value register_initial(const Value& asked) {
  return asked;
}

Effect register_effect(const CompactOperation& operation, const Vocabulary& vocabulary) {
  if (operation.f == verb::read) return {.needs = operation.result, .reads_only = true};
  if (operation.f == verb::write) return {.makes = operation.argument};
  refuse_unknown(operation, "register", "read and write", vocabulary);
}

Effect cas_register_effect(const CompactOperation& operation, const Vocabulary& vocabulary) {
  if (operation.f == verb::read || operation.f == verb::write) return register_effect(operation, vocabulary);
  if (operation.f == verb::cas) return cas_effect(operation, vocabulary);
  refuse_unknown(operation, "cas-register", "read, write and cas", vocabulary);
}

Effect cas_effect(const CompactOperation& operation, const Vocabulary& vocabulary) {
  if (operation.second.is_absent()) {
    throw MalformedHistory(operation.event, fmt::format("the value of a cas is {}; it must be [expected, new]",
                                                        to_string(vocabulary.value(operation.argument))));
  }
  if (operation.outcome == EventType::fail) return {.forbids = operation.argument, .reads_only = true};
  return {.needs = operation.argument, .makes = operation.second};
}

}  // namespace ordeal::checker
