// Example.   process 0   --W1--
//            process 1           --W2--
//            process 2                    --R1--
//
// W1 returned before W2 was called, so 1 was there before 2. W2 returned before the read of 1 was called, so 2 was
// there before 1. As each was written once, it cannot have been there both before and after the other.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "checker/linearizability/witness.h"

namespace ordeal::checker {
namespace {

constexpr std::uint32_t nobody = PreparedOperation::forever;
constexpr std::size_t most_operations = 64;  // of a core: more are no story for a sentence

// What the core knows of one block: a value, or several of which each is what a cas made of the one before.
struct Block {
  std::vector<StateId> values;             // in their order
  std::uint32_t first_to_return = nobody;  // indices into key.prepared
  std::uint32_t last_called = nobody;
};

class Blocks {
 public:
  Blocks(const KeyHistory& key, std::uint32_t position, const Core& core) : key_(key), position_(position) {
    for (const std::uint32_t i : core.operations) {
      if (!at(i).transforms && at(i).returned <= position_) operations_.push_back(i);
    }
  }

  // Single values first: two of one chain contradict each other, too, and it is easier to read.
  std::optional<Contradiction> find() {
    for (const bool chains : {false, true}) {
      blocks_.clear();
      collect(chains);
      if (auto found = find_pair()) return found;
    }
    return std::nullopt;
  }

 private:
  const PreparedOperation& at(std::uint32_t i) const { return key_.prepared[i]; }
  bool begins(const Block& block) const { return block.values.front() == key_.initial; }

  std::optional<Contradiction> find_pair() const {
    for (const Block& one : blocks_) {
      for (const Block& other : blocks_) {
        if (&one == &other || begins(other)) continue;  // the initial value comes first; so it is `one`
        const bool one_first = begins(one) || before(one.first_to_return, other.last_called);
        if (one_first && before(other.first_to_return, one.last_called)) return in_words(one, other);
      }
    }
    return std::nullopt;
  }

  // From each value that no cas of the core makes, along the cas that replace it.
  void collect(bool chains) {
    std::map<StateId, StateId> next, previous;
    std::set<StateId> values;
    for (const std::uint32_t i : operations_) {
      for (const StateId state : {at(i).needs, at(i).makes}) {
        if (state != no_state && written_once(state)) values.insert(state);
      }
    }
    for (const std::uint32_t i : operations_) {
      const PreparedOperation& cas = at(i);
      if (!chains || cas.observes() || cas.needs == no_state || values.count(cas.needs) + values.count(cas.makes) < 2)
        continue;
      next[cas.needs] = cas.makes;
      previous[cas.makes] = cas.needs;
    }
    for (const StateId value : values) {
      if (previous.count(value) > 0) continue;
      Block block{.values = {value}};
      for (auto found = next.find(value); found != next.end(); found = next.find(found->second)) {
        block.values.push_back(found->second);
      }
      for (const std::uint32_t i : operations_) note(block, i);
      blocks_.push_back(std::move(block));
    }
  }

  // A cas is the last that concerns one value and the first that concerns another.
  void note(Block& block, std::uint32_t i) const {
    const auto concerns = [&](StateId state) { return state == at(i).needs || state == at(i).makes; };
    if (std::none_of(block.values.begin(), block.values.end(), concerns)) return;
    const std::uint32_t first = block.first_to_return, last = block.last_called;
    if (first == nobody || at(i).returned < at(first).returned) block.first_to_return = i;
    if (last == nobody || at(i).called > at(last).called) block.last_called = i;
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

  std::string name(const Block& block) const {
    std::string text;
    for (const StateId value : block.values) {
      text += (text.empty() ? "" : " then ") + state_text(*key_.model, key_.known_states[value]);
    }
    return text;
  }

  Contradiction in_words(const Block& a, const Block& b) const {
    const std::string first = name(a), second = name(b);
    Contradiction out{.one = first, .other = second, .operations = {}, .sentence = {}};
    std::vector<std::uint32_t> proof = {b.first_to_return, a.last_called};
    std::string why;
    if (begins(a)) {
      why = fmt::format("{} was there first: it is the initial value", first);
    } else {
      proof.insert(proof.end(), {a.first_to_return, b.last_called});
      why = fmt::format("{} was there before {}: {} before {}", first, second, returned(a.first_to_return),
                        called(b.last_called));
    }
    const bool chains = a.values.size() + b.values.size() > 2;
    const std::string once = chains      ? "Each value was written once, and a cas replaces one at once"
                             : begins(a) ? "Nobody writes " + first
                                         : "Each of them was written once";
    out.sentence = fmt::format("{}. And yet {} was there before {}: {} before {}. {}, so it was not there twice.", why,
                               second, first, returned(b.first_to_return), called(a.last_called), once);
    std::sort(proof.begin(), proof.end());
    proof.erase(std::unique(proof.begin(), proof.end()), proof.end());
    for (const std::uint32_t i : proof) out.operations.push_back(key_.operations[at(i).source].call->index);
    return out;
  }

  const KeyHistory& key_;
  std::uint32_t position_;
  std::vector<std::uint32_t> operations_;  // of the core, those that returned
  std::vector<Block> blocks_;
};

}  // namespace

std::optional<Contradiction> contradicting_blocks(const KeyHistory& key, std::uint32_t position, const Core& core) {
  if (core.operations.size() > most_operations) return std::nullopt;
  return Blocks(key, position, core).find();
}

}  // namespace ordeal::checker
