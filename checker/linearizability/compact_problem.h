// One key's operations, collected compactly and made ready for an engine: the way of whole histories, where problem.h's
// KeyHistory is the way of witnesses.  Pure; collecting and preparing are one thread's affair for each key, and any
// number of keys may be prepared at once.
//
//   KeyOperations key;                                             // in the order of the calls
//   const auto slot = key.call(position of the call);
//   if (const auto effect = effect_of(operation, ...)) {          // or it says nothing, and the slot stays as it is
//     key.complete(slot, position of the completion, *effect);    // ok, or a failed cas that observes
//     key.leave_open(slot, *effect);                              // info, or the history ended first
//   }
//   KeyProblem problem = prepare_compact(key, model, initial, vocabulary);
//   search(problem.problem(), budget);
//
// Positions are numbers of events in the whole history, so 32 bits are enough for four thousand million events.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "checker/linearizability/problem.h"

namespace ordeal::checker {

// 24 bytes: at ten million operations that is what counts.
struct KeyOperation {
  static constexpr std::uint32_t forever = PreparedOperation::forever;
  enum class Kind : std::uint8_t {
    nothing,   // says nothing (a fail, an info read); also of a slot before its operation is known
    needs,     // value: Effect::needs
    makes,     // value: Effect::makes
    forbids,   // value: Effect::forbids
    cas,       // value: Effect::needs; KeyOperations::seconds[more]: Effect::makes
    argument,  // steps; value: Effect::argument, and there is nothing more to say
    steps,     // KeyOperations::steps[more] is the effect
  };

  std::uint32_t called = 0;
  std::uint32_t returned = forever;  // forever: it ended as info, or not at all
  Atom value = {};
  std::uint32_t more = 0;
  Kind kind = Kind::nothing;
  Verb f = verb::read;  // with argument
};
static_assert(sizeof(KeyOperation) == 24);

struct KeyOperations {
  std::vector<KeyOperation> operations;  // in the order of their calls
  std::vector<Atom> seconds;
  std::vector<Effect> steps;

  // The slot of an operation that is called now.
  std::uint32_t call(std::uint32_t position) {
    operations.push_back({.called = position});
    return static_cast<std::uint32_t>(operations.size() - 1);
  }
  // Its outcome is ok, or it is a failed cas that observes.
  void complete(std::uint32_t slot, std::uint32_t position, const Effect& effect);
  // Its outcome is info.
  void leave_open(std::uint32_t slot, const Effect& effect);
  // For those who fill in an operation themselves: `more` of a cas that makes this.
  std::uint32_t add_second(Atom makes) {
    // One in four may be such a one; else the first few would ask for memory again and again.
    if (seconds.empty()) seconds.reserve(operations.capacity() / 4);
    seconds.push_back(makes);
    return static_cast<std::uint32_t>(seconds.size() - 1);
  }

  Effect effect(const KeyOperation& operation) const;
  bool any_steps() const;
  std::size_t bytes() const {
    return sizeof(KeyOperation) * operations.capacity() + sizeof(Atom) * seconds.capacity() +
           sizeof(Effect) * steps.capacity();
  }

 private:
  void note(KeyOperation& operation, const Effect& effect);
};

// Made by prepare_compact; the KeyOperations and the vocabulary outlive it.
struct KeyProblem final : Steps {
  const KeyOperations* source = nullptr;
  std::vector<PreparedOperation> prepared = {};  // those that say something, in the order of their calls
  std::unique_ptr<Machine> machine = {};
  StateId initial = 0;
  std::uint32_t state_count = 0;  // when it was prepared

  // Of `prepared`, or of a part of it.
  Problem problem(std::span<const PreparedOperation> of) {
    return {.operations = of, .initial = initial, .state_count = state_count, .steps = this};
  }
  Problem problem() { return problem(prepared); }

  StateId step(StateId state, std::uint32_t operation) override {
    return machine->step(state, source->effect(source->operations[operation]));
  }
  std::size_t states() const override { return machine->states(); }
  std::size_t bytes() const override { return machine->bytes(); }
};

// `initial`: vocabulary.atom(model.initial(...)), which was asked for before the keys were prepared, as the vocabulary
// does not grow any more then.
KeyProblem prepare_compact(const KeyOperations& operations, const Model& model, Atom initial,
                           const Vocabulary& vocabulary);

}  // namespace ordeal::checker
