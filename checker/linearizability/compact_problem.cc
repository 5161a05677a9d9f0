#include "checker/linearizability/compact_problem.h"

#include <algorithm>

namespace ordeal::checker {

using Kind = KeyOperation::Kind;

void KeyOperations::note(KeyOperation& operation, const Effect& effect) {
  if (effect.steps) {
    operation.f = effect.f;
    operation.value = effect.argument;
    operation.kind = Kind::argument;
    if (effect.result.is_absent() && effect.key == no_key && effect.second.is_absent() && !effect.refusable &&
        !effect.reads_only) {
      return;
    }
    operation.kind = Kind::steps;
    operation.more = static_cast<std::uint32_t>(steps.size());
    steps.push_back(effect);
  } else if (!effect.forbids.is_absent()) {
    operation.kind = Kind::forbids;
    operation.value = effect.forbids;
  } else if (effect.makes.is_absent()) {
    operation.kind = effect.needs.is_absent() ? Kind::nothing : Kind::needs;
    operation.value = effect.needs;
  } else if (effect.needs.is_absent()) {
    operation.kind = Kind::makes;
    operation.value = effect.makes;
  } else {
    operation.kind = Kind::cas;
    operation.value = effect.needs;
    operation.more = add_second(effect.makes);
  }
}

void KeyOperations::complete(std::uint32_t slot, std::uint32_t position, const Effect& effect) {
  operations[slot].returned = position;
  note(operations[slot], effect);
}

void KeyOperations::leave_open(std::uint32_t slot, const Effect& effect) {
  if (!effect.reads_only) note(operations[slot], effect);
}

Effect KeyOperations::effect(const KeyOperation& operation) const {
  switch (operation.kind) {
    case Kind::needs:
      return {.needs = operation.value, .reads_only = true};
    case Kind::makes:
      return {.makes = operation.value};
    case Kind::forbids:
      return {.forbids = operation.value, .reads_only = true};
    case Kind::cas:
      return {.needs = operation.value, .makes = seconds[operation.more]};
    case Kind::argument:
      return {.steps = true, .f = operation.f, .argument = operation.value};
    case Kind::steps:
      return steps[operation.more];
    default:
      return {.reads_only = true};
  }
}

bool KeyOperations::any_steps() const {
  return std::any_of(operations.begin(), operations.end(), [](const KeyOperation& operation) {
    return operation.kind == Kind::argument || operation.kind == Kind::steps;
  });
}

namespace {

std::vector<Atom> needed_by(const KeyOperations& operations) {
  std::vector<Atom> needed;
  for (const KeyOperation& operation : operations.operations) {
    if (operation.kind == Kind::needs || operation.kind == Kind::cas || operation.kind == Kind::forbids) {
      needed.push_back(operation.value);
    }
  }
  return needed;
}

}  // namespace

KeyProblem prepare_compact(const KeyOperations& operations, const Model& model, Atom initial,
                           const Vocabulary& vocabulary) {
  KeyProblem key;
  key.source = &operations;
  const bool steps = operations.any_steps();
  const std::vector<Atom> needed = steps ? needed_by(operations) : std::vector<Atom>();
  key.machine = machine_for({.model = model, .vocabulary = vocabulary, .needed = needed}, steps);
  Machine& machine = *key.machine;
  key.initial = machine.id_of(initial);
  const auto state = [&](Atom atom) { return atom.is_absent() ? no_state : machine.id_of(atom); };
  key.prepared.reserve(operations.operations.size());
  for (std::uint32_t i = 0; i < operations.operations.size(); ++i) {
    const KeyOperation& operation = operations.operations[i];
    if (operation.kind == Kind::nothing) continue;
    const Effect effect = operations.effect(operation);
    key.prepared.push_back({.source = i,
                            .called = operation.called,
                            .returned = operation.returned,
                            .needs = state(effect.needs),
                            .forbids = state(effect.forbids),
                            .makes = state(effect.makes),
                            .transforms = effect.steps,
                            .refusable = effect.refusable,
                            .reads_only = effect.steps && effect.reads_only});
  }
  key.state_count = static_cast<std::uint32_t>(machine.states());
  return key;
}

}  // namespace ordeal::checker
