// Where a search stands, as a few words that the memo can compare. A view; the words belong to somebody else.
//
//   [state, next return, flags | linearized slots | used optionals | slots that are not hideable]
//
// The last two parts are costs (memo.h): a configuration with fewer of those bits can do all that this one can.

#pragma once

#include <cstdint>
#include <span>

#include "checker/linearizability/problem.h"

namespace ordeal::checker {

using Word = std::uint64_t;

inline constexpr Word must_depend = 1;  // the next step must be a dependent one (rule 4 of search.cc)
inline constexpr Word in_block = 2;     // a step was taken since the last return, so o must be linearized in the open

class Configuration {
 public:
  Configuration(std::span<Word> words, std::size_t slot_words)
      : words_(words),
        linearized_(words.subspan(1, slot_words)),
        used_(words.subspan(1 + slot_words, words.size() - 1 - 2 * slot_words)),
        unhideable_(words.last(slot_words)) {}

  StateId state() const { return static_cast<StateId>(words_[0] >> 32); }
  std::uint32_t next_return() const { return static_cast<std::uint32_t>((words_[0] >> 2) & 0x3fffffff); }
  Word flags() const { return words_[0] & 3; }
  void set(StateId state, std::uint32_t next_return, Word flags) {
    words_[0] = Word{state} << 32 | Word{next_return} << 2 | flags;
  }

  bool linearized(std::uint32_t slot) const { return bit(linearized_, slot); }
  bool used(std::uint32_t optional) const { return bit(used_, optional); }
  bool hideable(std::uint32_t slot) const { return !bit(unhideable_, slot); }
  void linearize(std::uint32_t slot) {
    linearized_[slot / 64] |= Word{1} << slot % 64;
    unhideable_[slot / 64] |= Word{1} << slot % 64;
  }
  void use(std::uint32_t optional) { used_[optional / 64] |= Word{1} << optional % 64; }
  void make_hideable(std::uint32_t slot) { unhideable_[slot / 64] &= ~(Word{1} << slot % 64); }
  void free_slot(std::uint32_t slot) {
    linearized_[slot / 64] &= ~(Word{1} << slot % 64);
    unhideable_[slot / 64] |= Word{1} << slot % 64;
  }

 private:
  static bool bit(std::span<const Word> words, std::uint32_t i) { return (words[i / 64] >> i % 64 & 1) != 0; }

  std::span<Word> words_, linearized_, used_, unhideable_;
};

}  // namespace ordeal::checker
