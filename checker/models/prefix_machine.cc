#include "checker/models/prefix_machine.h"

#include <algorithm>
#include <string_view>

namespace ordeal::checker {
namespace {

// How to see values as sequences of elements.
class Strings {
 public:
  using Sequence = std::string_view;

  explicit Strings(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  Sequence whole(Atom value) { return *vocabulary_.named(value).get_if<std::string>(); }
  Sequence appended(Atom argument) { return whole(argument); }

 private:
  const Vocabulary& vocabulary_;
};

class Lists {
 public:
  using Sequence = std::u32string;

  explicit Lists(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  Sequence whole(Atom value) {
    Sequence out;
    for (const Value& element : *vocabulary_.named(value).get_if<List>()) {
      // What is no atom of the vocabulary was never appended.
      out.push_back(numbers_.id_of(vocabulary_.known_atom(element).value_or(Atom::absent())));
    }
    return out;
  }
  Sequence appended(Atom argument) { return {numbers_.id_of(argument)}; }

 private:
  const Vocabulary& vocabulary_;
  AtomMachine numbers_;
};

template <typename Kind>
class PrefixMachine final : public Machine {
  using Sequence = typename Kind::Sequence;
  using View = std::basic_string_view<typename Sequence::value_type>;

 public:
  explicit PrefixMachine(const MachineMaterials& materials) : kind_(materials.vocabulary) {
    for (const Atom atom : materials.needed) reads_.push_back(kind_.whole(atom));
    std::sort(reads_.begin(), reads_.end());
    reads_.erase(std::unique(reads_.begin(), reads_.end()), reads_.end());
    for (const Sequence& read : reads_) bytes_ += sizeof(Sequence) + read.size() * sizeof(read[0]);
    states_.push_back({});  // what no read begins with
  }

  StateId id_of(Atom state) override {
    return longer({.first = 0, .last = static_cast<std::uint32_t>(reads_.size()), .length = 0}, kind_.whole(state));
  }

  StateId step(StateId state, const Effect& effect) override {
    if (state == unread) return unread;
    return longer(states_[state], kind_.appended(effect.argument));
  }

  std::size_t states() const override { return states_.size(); }
  std::size_t bytes() const override { return bytes_ + states_.size() * (sizeof(State) + 48); }

 private:
  static constexpr StateId unread = 0;

  struct State {
    std::uint32_t first = 0, last = 0;  // of the reads that begin with it
    std::uint32_t length = 0;
  };

  View rest(std::uint32_t read, std::size_t from, std::size_t length) const {
    const View whole = reads_[read];
    return whole.substr(std::min(from, whole.size()), length);
  }

  // Binary search within [first, last): the first read for which `before` does not hold.
  template <typename Before>
  static std::uint32_t first_not(std::uint32_t first, std::uint32_t last, const Before& before) {
    while (first < last) {
      const std::uint32_t middle = first + (last - first) / 2;
      if (before(middle)) {
        first = middle + 1;
      } else {
        last = middle;
      }
    }
    return first;
  }

  StateId longer(State state, View added) {
    const std::size_t from = state.length;
    state.first =
        first_not(state.first, state.last, [&](std::uint32_t read) { return rest(read, from, added.size()) < added; });
    state.last =
        first_not(state.first, state.last, [&](std::uint32_t read) { return rest(read, from, added.size()) == added; });
    if (state.first == state.last) return unread;
    state.length += static_cast<std::uint32_t>(added.size());
    const auto [found, is_new] =
        ids_.try_emplace(std::uint64_t{state.first} << 32 | state.length, static_cast<StateId>(states_.size()));
    if (is_new) states_.push_back(state);
    return found->second;
  }

  Kind kind_;
  std::vector<Sequence> reads_;  // each once, in their order
  std::vector<State> states_;
  std::unordered_map<std::uint64_t, StateId> ids_;  // first << 32 | length
  std::size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Machine> prefix_machine(const MachineMaterials& materials) {
  if (materials.model.name == ModelName::list_append) return std::make_unique<PrefixMachine<Lists>>(materials);
  return std::make_unique<PrefixMachine<Strings>>(materials);
}

}  // namespace ordeal::checker
