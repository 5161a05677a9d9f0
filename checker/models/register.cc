#include "checker/models/register.h"

#include <fmt/format.h>

namespace ordeal::checker {
namespace {

Effect cas_effect(const Operation& operation) {
  const List* pair = operation.call->value.get_if<List>();
  if (pair == nullptr || pair->size() != 2) {
    throw MalformedHistory(operation.call->index, fmt::format("the value of a cas is {}; it must be [expected, new]",
                                                              to_string(operation.call->value)));
  }
  if (operation.outcome == EventType::fail) return {.forbids = (*pair)[0]};
  return {.needs = (*pair)[0], .makes = (*pair)[1]};
}

}  // namespace

Value register_initial(const Value& asked) {
  return asked;
}

Effect register_effect(const Operation& operation) {
  if (operation.call->f == "read") return {.needs = operation.completion->value};
  if (operation.call->f == "write") return {.makes = operation.call->value};
  refuse_unknown(operation, "register", "read and write");
}

Effect cas_register_effect(const Operation& operation) {
  if (operation.call->f == "read" || operation.call->f == "write") return register_effect(operation);
  if (operation.call->f == "cas") return cas_effect(operation);
  refuse_unknown(operation, "cas-register", "read, write and cas");
}

}  // namespace ordeal::checker
