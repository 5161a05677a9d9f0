// Example.   process 0   --W1--
//            process 1           --W2--
//            process 2                    --R1--
//
// W1 returned before W2 was called, so 1 was there before 2. W2 returned before the read of 1 was called, so 2 was
// there before 1. As each was written once, it cannot have been there both before and after the other.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "checker/linearizability/witness.h"

namespace ordeal::checker {
namespace {

constexpr std::uint32_t nobody = PreparedOperation::forever;
constexpr std::size_t most_operations = 64;  // of a core: more are no story for a sentence

// What the core knows of one value.
struct Stage {
  std::uint32_t first_to_return = nobody;  // indices into key.prepared
  std::uint32_t last_called = nobody;
};

class Blocks {
 public:
  Blocks(const KeyHistory& key, std::uint32_t position, const Core& core) : key_(key), position_(position) {
    for (const std::uint32_t i : core.operations) add(i);
  }

  std::optional<Contradiction> find() const {
    for (const auto& [one, a] : stages_) {
      for (const auto& [other, b] : stages_) {
        if (one == other || !written_once(one) || !written_once(other)) continue;
        if (other == key_.initial) continue;  // it comes first; so it is `one`
        const bool a_before_b = one == key_.initial || before(a.first_to_return, b.last_called);
        if (a_before_b && before(b.first_to_return, a.last_called)) return in_words(one, other);
      }
    }
    return std::nullopt;
  }

 private:
  const PreparedOperation& at(std::uint32_t i) const { return key_.prepared[i]; }

  // A cas is the last that concerns one value and the first that concerns another.
  void add(std::uint32_t i) {
    const PreparedOperation& operation = at(i);
    if (operation.transforms || operation.returned > position_) return;
    if (operation.needs != no_state) note(stages_[operation.needs], i);
    if (operation.makes != no_state) note(stages_[operation.makes], i);
  }

  void note(Stage& stage, std::uint32_t i) const {
    const std::uint32_t first = stage.first_to_return, last = stage.last_called;
    if (first == nobody || at(i).returned < at(first).returned) stage.first_to_return = i;
    if (last == nobody || at(i).called > at(last).called) stage.last_called = i;
  }

  bool before(std::uint32_t a, std::uint32_t b) const {
    return a != nobody && b != nobody && at(a).returned < at(b).called;
  }

  // At most one write before the position, or none and it is the initial value.
  bool written_once(StateId state) const {
    std::size_t writers = state == key_.initial ? 1 : 0;
    for (const PreparedOperation& operation : key_.prepared) {
      if (operation.called >= position_ || operation.transforms) break;
      writers += operation.makes == state && !operation.observes() ? 1 : 0;
    }
    return writers == 1;
  }

  std::string returned(std::uint32_t i) const {
    const Operation& operation = key_.operations[at(i).source];
    return fmt::format("{} had returned (event {})", describe(operation), operation.completion->index);
  }
  std::string called(std::uint32_t i) const {
    const Operation& operation = key_.operations[at(i).source];
    return fmt::format("{} was called (event {})", describe(operation), operation.call->index);
  }

  Contradiction in_words(StateId one, StateId other) const {
    const Stage &a = stages_.at(one), &b = stages_.at(other);
    const std::string first = state_text(*key_.model, key_.known_states[one]);
    const std::string second = state_text(*key_.model, key_.known_states[other]);
    Contradiction out{.one = first, .other = second, .operations = {}, .sentence = {}};
    std::vector<std::uint32_t> proof = {b.first_to_return, a.last_called};
    std::string why;
    if (one == key_.initial) {
      why = fmt::format("{} was there first: it is the initial value", first);
    } else {
      proof.insert(proof.end(), {a.first_to_return, b.last_called});
      why = fmt::format("{} was there before {}: {} before {}", first, second, returned(a.first_to_return),
                        called(b.last_called));
    }
    out.sentence = fmt::format("{}. And yet {} was there before {}: {} before {}. {}, so it was not there twice.", why,
                               second, first, returned(b.first_to_return), called(a.last_called),
                               one == key_.initial ? "Nobody writes " + first : "Each of them was written once");
    std::sort(proof.begin(), proof.end());
    proof.erase(std::unique(proof.begin(), proof.end()), proof.end());
    for (const std::uint32_t i : proof) out.operations.push_back(key_.operations[at(i).source].call->index);
    return out;
  }

  const KeyHistory& key_;
  std::uint32_t position_;
  std::map<StateId, Stage> stages_;
};

}  // namespace

std::optional<Contradiction> contradicting_blocks(const KeyHistory& key, std::uint32_t position, const Core& core) {
  if (core.operations.size() > most_operations) return std::nullopt;
  return Blocks(key, position, core).find();
}

}  // namespace ordeal::checker
