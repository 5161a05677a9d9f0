#include "checker/models/machine.h"

namespace ordeal::checker {

std::size_t AtomMachine::slot_of(Atom state) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = AtomHash()(state) & mask;
  while (slots_[slot] != no_state && atoms_[slots_[slot]] != state) slot = (slot + 1) & mask;
  return slot;
}

StateId AtomMachine::find(Atom state) const {
  return slots_[slot_of(state)];
}

StateId AtomMachine::id_of(Atom state) {
  const std::size_t slot = slot_of(state);
  if (slots_[slot] != no_state) return slots_[slot];
  const auto id = static_cast<StateId>(atoms_.size());
  atoms_.push_back(state);
  slots_[slot] = id;
  if (2 * atoms_.size() > slots_.size()) grow();
  return id;
}

void AtomMachine::grow() {
  slots_.assign(2 * slots_.size(), no_state);
  for (StateId id = 0; id < atoms_.size(); ++id) {
    slots_[slot_of(atoms_[id])] = id;
  }
}

StateId ValueMachine::id_of_value(const Value& value) {
  const auto [found, is_new] = ids_.try_emplace(value, static_cast<StateId>(values_.size()));
  if (is_new) {
    values_.push_back(&found->first);
    bytes_ += 64 + owned_bytes(value);
  }
  return found->second;
}

StateId ValueMachine::step(StateId state, const Effect& effect) {
  const std::optional<Value> next = checker::step(*values_[state], full(effect, model_, vocabulary_));
  return next ? id_of_value(*next) : no_state;
}

std::unique_ptr<Machine> machine_for(const MachineMaterials& materials, bool steps) {
  if (!steps) return std::make_unique<AtomMachine>();
  if (materials.model.machine != nullptr) return materials.model.machine(materials);
  return std::make_unique<ValueMachine>(materials);
}

}  // namespace ordeal::checker
