// The states of one key as small numbers, and the steps between them.  One thread at a time.
//
// A key is prepared by naming every state that its effects mention, so that engines compare numbers. Where a model
// steps, new states come up while an engine runs; how they are kept is the machine's affair. A machine may take states
// for one that no operation of the key can tell apart.

#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <memory_resource>
#include <span>
#include <unordered_map>
#include <vector>

#include "checker/models/model.h"

namespace ordeal::checker {

using StateId = std::uint32_t;
inline constexpr StateId no_state = std::numeric_limits<StateId>::max();

class Machine {
 public:
  virtual ~Machine() = default;
  virtual StateId id_of(Atom state) = 0;  // of the initial state, or one that an effect needs, forbids or makes
  // Of an effect with `steps`: no_state when the model refuses.
  virtual StateId step(StateId state, const Effect& effect) = 0;
  virtual std::size_t states() const = 0;  // known so far; their numbers are smaller
  virtual std::size_t bytes() const = 0;   // that they hold, about
};

// What a model may build its machine from. `needed` lives until the machine is made; the rest outlives it.
struct MachineMaterials {
  const Model& model;
  const Vocabulary& vocabulary;
  // What the operations of the key need (in ok reads), each at least once: all that anybody will ever ask about.
  std::span<const Atom> needed;
};

// For models that never step: numbers in the order of first sight.
class AtomMachine final : public Machine {
 public:
  explicit AtomMachine(std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : atoms_(memory), slots_(16, no_state, memory) {}
  StateId id_of(Atom state) override;
  StateId step(StateId, const Effect&) override { return no_state; }
  std::size_t states() const override { return atoms_.size(); }
  std::size_t bytes() const override { return 8 * atoms_.capacity() + 4 * slots_.capacity(); }
  StateId find(Atom state) const;                         // no_state: it was not named yet
  std::span<const Atom> atoms() const { return atoms_; }  // by their numbers
  Atom operator[](StateId state) const { return atoms_[state]; }

 private:
  std::size_t slot_of(Atom state) const;  // its own, or the free one where it would go
  void grow();

  std::pmr::vector<Atom> atoms_;
  std::pmr::vector<StateId> slots_;  // open addressing; a power of two, at most half full
};

// For any model: keeps each state as a value and steps as the model says.
class ValueMachine final : public Machine {
 public:
  explicit ValueMachine(const MachineMaterials& materials)
      : model_(materials.model), vocabulary_(materials.vocabulary) {}
  StateId id_of(Atom state) override { return id_of_value(vocabulary_.value(state)); }
  StateId step(StateId state, const Effect& effect) override;
  std::size_t states() const override { return values_.size(); }
  std::size_t bytes() const override { return bytes_; }

 private:
  StateId id_of_value(const Value& value);

  const Model& model_;
  const Vocabulary& vocabulary_;
  std::unordered_map<Value, StateId, ValueHash> ids_;
  std::vector<const Value*> values_;  // into ids_, whose nodes stay where they are
  std::size_t bytes_ = 0;
};

// The one that the model asks for; `steps`: whether any effect of the key does.
std::unique_ptr<Machine> machine_for(const MachineMaterials& materials, bool steps);

}  // namespace ordeal::checker
