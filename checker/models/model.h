// What an object promises: the sequential specification that a history is held against.  Pure; any thread.
//
// A model is a small value: a table entry of three functions. Its state is a Value (copyable, comparable, hashable),
// and what an operation does to the state is said once, by an Effect, from which everything else follows: the step, the
// reason of a refusal, and the rules by which a search may leave out work. For a register that holds 4:
//
//   read -> 4      {needs 4}              accepted, the state stays 4
//   write 7        {makes 7}              accepted in every state
//   cas [5, 6]     {needs 5, makes 6}     refused: it holds 4
//   failed cas     {forbids 5}            accepted: it does not hold 5
//
// Adding a model: its file beside this one, its name in ModelName (checker/linearizable.h), its line in model.cc.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "checker/history.h"
#include "checker/linearizable.h"
#include "checker/value.h"

namespace ordeal::checker {

struct Effect {
  std::optional<Value> needs = {};    // refused in every other state
  std::optional<Value> forbids = {};  // refused in this state
  std::optional<Value> makes = {};    // the next state, when it does not depend on the present one
  // The next state as a function of the present one; never refused, and never together with the three above.
  Value (*transform)(const Value& state, const Value& argument) = nullptr;
  Value argument = {};  // of transform
};

struct Model {
  ModelName name;
  std::string_view text;  // on the command line
  std::string_view noun;  // "register": the object, in sentences
  // The initial state that `asked` stands for (nil: the model's usual one). Throws std::invalid_argument.
  Value (*initial)(const Value& asked);
  // Of an operation that is ok or info, or, with cas_register, of a failed cas that observes. Never called for an
  // info operation that only reads. Throws MalformedHistory for an f or a value that the model does not know.
  Effect (*effect)(const Operation& operation);
};

const Model& model_of(ModelName name);

// The next state, or nothing when the model refuses.
std::optional<Value> step(const Value& state, const Effect& effect);

// Why step() refused: "reading 0 is refused: it holds 2".
std::string refusal(const Value& state, const Effect& effect, const Operation& operation);

// Whether the operation can never change the state, whatever its outcome: nobody cares when such a one ends as info.
bool only_reads(const Operation& operation);

// For the models: complains about an operation that `model` does not know.
[[noreturn]] void refuse_unknown(const Operation& operation, std::string_view model, std::string_view known);

}  // namespace ordeal::checker
