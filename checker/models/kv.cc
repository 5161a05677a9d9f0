#include "checker/models/kv.h"

#include "checker/models/register.h"

namespace ordeal::checker {

Effect kv_effect(const CompactOperation& operation, const Vocabulary& vocabulary) {
  switch (operation.f) {
    case verb::get:
    case verb::read:
      return {.needs = operation.result, .reads_only = true};
    case verb::put:
    case verb::write:
      return {.makes = operation.argument};
    case verb::remove:
      return {.makes = Atom()};
    case verb::cas:
      return cas_effect(operation, vocabulary);
    default:
      refuse_unknown(operation, "kv", "get, put, delete and cas", vocabulary);
  }
}

}  // namespace ordeal::checker
