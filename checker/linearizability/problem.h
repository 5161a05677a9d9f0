// One key's operations, made ready for a search: states as small numbers, events as positions.  Pure; any thread.
//
// What every algorithm of this folder reads, and all that it may read. Two kinds of operations are left:
//   required  it returned ok (or as a cas that failed and observed): it takes effect between call and return,
//   optional  it returned as info, or later than the prefix that is asked about: it may take effect once, at any time
//             after its call, or never; `returned` is `forever`.

#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "checker/models/machine.h"

namespace ordeal::checker {

// Each state once, in the order of first sight.
class States {
 public:
  StateId id_of(const Value& value);
  const Value& operator[](StateId id) const { return *values_[id]; }
  std::size_t size() const { return values_.size(); }
  std::size_t bytes() const { return bytes_; }  // about, including what the values own

 private:
  std::unordered_map<Value, StateId, ValueHash> ids_;
  std::vector<const Value*> values_;  // into ids_, whose nodes stay where they are
  std::size_t bytes_ = 0;
};

struct PreparedOperation {
  static constexpr std::uint32_t forever = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t source = 0;  // index into the operations that were prepared, for Steps and for whoever words it
  std::uint32_t called = 0;  // a position: of KeyHistory among the key's events; they ascend, and may leave gaps
  std::uint32_t returned = forever;
  StateId needs = no_state;  // an Effect's members, interned
  StateId forbids = no_state;
  StateId makes = no_state;
  bool transforms = false;  // none of the three above: Steps::step says what it does
  bool refusable = false;   // with transforms: Steps::step may answer no_state
  bool reads_only = false;  // with transforms: it never changes the state

  bool optional() const { return returned == forever; }
  bool observes() const {  // never changes the state
    return transforms ? reads_only : makes == no_state || makes == needs;
  }
  bool overwrites() const { return makes != no_state && needs == no_state; }
  bool total() const {  // accepted in every state, and changes it
    return transforms ? !refusable && !reads_only : overwrites();
  }
};

// The steps of operations whose effect is no table entry (append, transactions).
class Steps {
 public:
  virtual ~Steps() = default;
  // The next state, which may be a new one, or no_state when the operation refuses. `source` is PreparedOperation's.
  virtual StateId step(StateId state, std::uint32_t source) = 0;
  virtual std::size_t states() const = 0;  // known so far
  virtual std::size_t bytes() const = 0;   // that they hold, about
};

// What an algorithm is asked: are these operations, in the order of their calls, linearizable?
struct Problem {
  std::span<const PreparedOperation> operations = {};
  StateId initial = 0;
  std::uint32_t state_count = 0;  // states are smaller than this; new ones, which only `steps` makes, are not
  Steps* steps = nullptr;         // needed where an operation `transforms`
};

// The operations of one key in full, for witnesses. `operations` outlive it. Engines that judge whole histories get
// theirs from compact_problem.h.
struct KeyHistory final : Steps {
  const Model* model = nullptr;
  std::span<const Operation> operations = {};     // in the order of their calls
  std::vector<FullEffect> effects = {};           // of each operation; empty for those that are left out
  std::vector<PreparedOperation> prepared = {};   // those that matter, in the order of their calls
  std::vector<std::uint32_t> returns = {};        // the positions at which something required returns, ascending
  std::vector<std::uint64_t> event_indices = {};  // of each position, Event::index
  States known_states = {};
  StateId initial = 0;

  KeyHistory(const Model& of, std::span<const Operation> all) : model(&of), operations(all) {}
  Problem problem(std::span<const PreparedOperation> of) {
    return {.operations = of,
            .initial = initial,
            .state_count = static_cast<std::uint32_t>(known_states.size()),
            .steps = this};
  }
  StateId step(StateId state, std::uint32_t source) override;
  std::size_t states() const override { return known_states.size(); }
  std::size_t bytes() const override { return known_states.bytes(); }
};

// Throws MalformedHistory where the model does not know an operation.
KeyHistory prepare(std::span<const Operation> operations, const LinearizableOptions& options);

// The prefix of the first `cut` positions: what is called later is gone, what returns later is optional.
std::vector<PreparedOperation> prefix(std::span<const PreparedOperation> prepared, std::uint32_t cut);

}  // namespace ordeal::checker
