// What an object promises: the sequential specification that a history is held against.  Pure; any thread.
//
// A model is one line of a table: small functions and no state of its own. What an operation does to the state is said
// once, by an Effect, from which everything else follows: the step, the reason of a refusal, and the rules by which an
// engine may leave out work. For a register that holds 4:
//
//   read -> 4      {needs 4}              accepted, the state stays 4
//   write 7        {makes 7}              accepted in every state
//   cas [5, 6]     {needs 5, makes 6}     refused: it holds 4
//   failed cas     {forbids 5}            accepted: it does not hold 5
//   append 7       {steps, argument 7}    accepted; the next state is computed by the model's step
//
// How each looks in a history (-> what an ok completion carries; `nil` where nothing is said):
//   register        read -> v;  write v
//   cas-register    the same, and cas [expected, new]
//   kv              get -> v;  put v;  delete;  cas [expected, new].  nil: there is no such key. read and write are
//                   other names of get and put
//   mutex           acquire;  release
//   owned-mutex     the same; the owner, who alone may release, is the operation's value, or, with nil, its process
//   kv-append       get -> "ab";  put "a";  append "b".  Strings
//   list-append     read -> [1, 2];  append 2.  Lists. get is another name of read
//   multi-register  txn [["read", "x", nil], ["write", "y", 2]] -> [["read", "x", 1], ["write", "y", 2]].  "r" and "w"
//                   are other names; so are read {"x": nil} -> {"x": 1} and write {"y": 2}. All registers begin alike
//   kv-revisions    as kv, with the store's revision: models/kv_revisions.h
//
// Adding a model: its file beside this one, its name in ModelName (checker/linearizable.h), its line in model.cc.

#pragma once

#include <array>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "checker/compact_event.h"
#include "checker/history.h"
#include "checker/linearizable.h"
#include "checker/value.h"

namespace ordeal::checker {

class Machine;            // checker/models/machine.h
struct MachineMaterials;  // the same
struct OrderQuestion;     // checker/linearizability/order_result.h
struct OrderResult;       // the same

// A call with its completion, without strings.
struct CompactOperation {
  std::uint64_t event = 0;             // index of the call, for complaints ...
  std::uint64_t completion_event = 0;  // ... and of the completion, if there was one
  Process process = 0;
  KeyId key = no_key;
  Verb f = verb::read;
  EventType outcome = EventType::info;
  bool mismatch = false;
  Atom argument = {}, second = Atom::absent();  // what the call carried, as in CompactEvent
  Atom result = Atom::absent();                 // what the completion carried; absent with info
};
// `completion`: nullptr when the history ended first.
CompactOperation compact_operation(const CompactEvent& call, const CompactEvent* completion);
CompactOperation compact_operation(const Operation& operation, Vocabulary& vocabulary);

struct Effect {
  Atom needs = Atom::absent();    // refused in every other state
  Atom forbids = Atom::absent();  // refused in this state
  Atom makes = Atom::absent();    // the next state, when it does not depend on the present one
  // Or, and then none of the three above: the next state is what Model::step says about these.
  bool steps = false;
  bool refusable = false;         // with steps: there are states in which it is refused
  bool reads_only = false;        // it never changes the state; so nobody cares when it ends as info
  bool nil_says_nothing = false;  // with steps: reads of nil in `result` are reads of what is not known
  Verb f = verb::read;
  KeyId key = no_key;                           // where the state is of several keys
  Atom argument = {}, second = Atom::absent();  // as in CompactOperation
  Atom result = Atom::absent();                 // absent: not known, or nothing to be held against
};

// The same in full, for sentences and for the brute force, which shares as little as possible with the engines.
struct FullEffect {
  std::optional<Value> needs = {}, forbids = {}, makes = {};
  std::optional<Value> (*step)(const Value& state, const FullEffect& effect) = nullptr;  // with Effect::steps
  bool reads_only = false, nil_says_nothing = false;
  Verb f = verb::read;
  std::optional<std::string> key = {};
  Value argument = {};
  std::optional<Value> second = {}, result = {};
};

// What Model::effect says of a function whatever the values are (but see Model::usual_are_texts).
enum class UsualEffect : std::uint8_t {
  none,    // ask
  reads,   // {needs result, reads only}
  makes,   // {makes argument}
  swaps,   // {needs argument, makes second}, where there is a second; failed, if that observes: {forbids argument}
  appends  // {steps, f, argument}
};
// By Verb.
class UsualEffects {
 public:
  static constexpr std::size_t verbs = 16;  // whose number is smaller
  struct Line {
    Verb f;
    UsualEffect effect;
  };
  constexpr UsualEffects(std::initializer_list<Line> lines) {
    for (const Line& line : lines) effects_[line.f] = line.effect;
  }
  constexpr UsualEffect operator[](Verb f) const { return f < verbs ? effects_[f] : UsualEffect::none; }

 private:
  std::array<UsualEffect, verbs> effects_ = {};
};

struct Model {
  ModelName name;
  std::string_view text;  // on the command line
  std::string_view noun;  // "register": the object, in sentences
  // The initial state that `asked` stands for (nil: the model's usual one). Throws std::invalid_argument.
  Value (*initial)(const Value& asked);
  // Of an operation that is ok or info, or, where has_cas, of a failed cas that observes; ask effect_of(). Throws
  // MalformedHistory for an f or a value that the model does not know.
  Effect (*effect)(const CompactOperation& operation, const Vocabulary& vocabulary);
  // The same for most operations, to be had for less: of those that effect() is for.
  UsualEffects usual = {};
  bool usual_are_texts = false;      // the values of `usual` are strings; ask effect() about others
  bool has_cas = false;              // a failed one may observe
  bool keys_are_independent = true;  // each key is judged by itself
  std::optional<Value> (*step)(const Value& state, const FullEffect& effect) = nullptr;  // of effects with `steps`
  // States that are smaller and steps that are faster than those of `step` on values; nullptr: those will do.
  std::unique_ptr<Machine> (*machine)(const MachineMaterials& materials) = nullptr;
  // Its fast path, where there is one: an order read off the answers instead of searched for.
  OrderResult (*order)(const OrderQuestion& question) = nullptr;
  std::string (*state_text)(const Value& state) = nullptr;  // a state in a sentence; nullptr: to_string
};

const Model& model_of(ModelName name);
std::string state_text(const Model& model, const Value& state);

// What the operation does, or nothing when it says nothing: it failed (and is no cas that observes), or only read and
// ended as info, or is a read of nil that LinearizableOptions::nil_reads_say_nothing passes over.
std::optional<Effect> effect_of(const CompactOperation& operation, const Model& model,
                                const LinearizableOptions& options, const Vocabulary& vocabulary);

// Whether it says anything as far as its outcome goes; effect_of() asks this first.
bool says_something(const CompactOperation& operation, const Model& model, const LinearizableOptions& options);

FullEffect full(const Effect& effect, const Model& model, const Vocabulary& vocabulary);
// The next state, or nothing when the model refuses.
std::optional<Value> step(const Value& state, const FullEffect& effect);
// Why step() refused: "reading 0 is refused: it holds 2".
std::string refusal(const Value& state, const FullEffect& effect, const Operation& operation);

// For the models: complains about an operation that `model` does not know.
[[noreturn]] void refuse_unknown(const CompactOperation& operation, std::string_view model, std::string_view known,
                                 const Vocabulary& vocabulary);

}  // namespace ordeal::checker
