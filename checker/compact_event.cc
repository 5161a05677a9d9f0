#include "checker/compact_event.h"

namespace ordeal::checker {

CompactEvent compact(const Event& event, Vocabulary& vocabulary) {
  CompactEvent out{.index = event.index,
                   .process = event.process,
                   .key = event.key ? vocabulary.key(*event.key) : no_key,
                   .f = vocabulary.verb(event.f),
                   .type = event.type,
                   .mismatch = event.error == "mismatch"};
  const List* pair = event.value.get_if<List>();
  if (out.f == verb::cas && pair != nullptr && pair->size() == 2) {
    out.value = vocabulary.atom((*pair)[0]);
    out.second = vocabulary.atom((*pair)[1]);
  } else {
    out.value = vocabulary.atom(event.value);
  }
  return out;
}

}  // namespace ordeal::checker
