#include "checker/testing/compact_histories.h"

#include <unordered_map>

namespace ordeal::checker {

CollectedKey::CollectedKey(const History& history, const LinearizableOptions& options) {
  const Model& model = model_of(options.model);
  struct Open {
    std::uint32_t slot = 0;
    CompactEvent call;
  };
  std::unordered_map<Process, Open> open;
  const auto effect = [&](const CompactOperation& operation) {
    return effect_of(operation, model, options, vocabulary).value_or(Effect{.reads_only = true});
  };
  for (std::uint32_t position = 0; position < history.size(); ++position) {
    const CompactEvent event = compact(history[position], vocabulary);
    if (event.type == EventType::invoke) {
      open[event.process] = {.slot = operations.call(position), .call = event};
      continue;
    }
    const Open call = open.extract(event.process).mapped();
    const Effect said = effect(compact_operation(call.call, &event));
    if (event.type == EventType::info) {
      operations.leave_open(call.slot, said);
    } else {
      operations.complete(call.slot, position, said);
    }
  }
  for (const auto& [process, call] : open) {
    operations.leave_open(call.slot, effect(compact_operation(call.call, nullptr)));
  }
  initial = vocabulary.atom(model.initial(options.initial));
  key = prepare_compact(operations, model, initial, vocabulary);
}

}  // namespace ordeal::checker
