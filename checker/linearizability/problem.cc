#include "checker/linearizability/problem.h"

#include <algorithm>

namespace ordeal::checker {
StateId States::id_of(const Value& value) {
  const auto [found, is_new] = ids_.try_emplace(value, static_cast<StateId>(values_.size()));
  if (is_new) {
    values_.push_back(&found->first);
    bytes_ += 64 + sizeof(Value) + owned_bytes(value);
  }
  return found->second;
}

StateId KeyHistory::step(StateId state, std::uint32_t source) {
  const std::optional<Value> next = checker::step(known_states[state], effects[source]);
  return next ? known_states.id_of(*next) : no_state;
}

KeyHistory prepare(std::span<const Operation> operations, const LinearizableOptions& options) {
  const Model& model = model_of(options.model);
  KeyHistory key(model, operations);
  key.initial = key.known_states.id_of(model.initial(options.initial));
  key.effects.resize(operations.size());
  Vocabulary vocabulary;
  std::vector<std::pair<std::size_t, std::uint32_t>> events;  // position in the history; 2 * operation + is_return
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    const std::optional<Effect> said = effect_of(compact_operation(operation, vocabulary), model, options, vocabulary);
    if (!said) continue;
    const FullEffect& effect = key.effects[i] = full(*said, model, vocabulary);
    const auto state = [&](const std::optional<Value>& value) {
      return value ? key.known_states.id_of(*value) : no_state;
    };
    events.emplace_back(operation.called, 2 * static_cast<std::uint32_t>(key.prepared.size()));
    if (operation.outcome != EventType::info) {
      events.emplace_back(operation.returned, 2 * static_cast<std::uint32_t>(key.prepared.size()) + 1);
    }
    key.prepared.push_back({.source = i,
                            .needs = state(effect.needs),
                            .forbids = state(effect.forbids),
                            .makes = state(effect.makes),
                            .transforms = said->steps,
                            .refusable = said->refusable,
                            .reads_only = said->steps && said->reads_only});
  }
  std::sort(events.begin(), events.end());
  for (std::uint32_t position = 0; position < events.size(); ++position) {
    PreparedOperation& operation = key.prepared[events[position].second / 2];
    const bool is_return = events[position].second % 2 == 1;
    (is_return ? operation.returned : operation.called) = position;
    if (is_return) key.returns.push_back(position);
    const Operation& source = operations[operation.source];
    key.event_indices.push_back((is_return ? source.completion : source.call)->index);
  }
  return key;
}

std::vector<PreparedOperation> prefix(std::span<const PreparedOperation> prepared, std::uint32_t cut) {
  std::vector<PreparedOperation> out;
  out.reserve(prepared.size());
  for (PreparedOperation operation : prepared) {
    if (operation.called >= cut) break;
    if (operation.returned >= cut) operation.returned = PreparedOperation::forever;
    out.push_back(operation);
  }
  return out;
}

}  // namespace ordeal::checker
