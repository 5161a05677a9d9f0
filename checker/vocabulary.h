// The words of one history as small numbers: its values, keys and functions.
//
// One thread may let it grow while others ask value(), named(), is_text(), key_name() and verb_name() of numbers that
// were handed to them (by a mutex or the end of a thread) before; nothing else. Any number of threads may read it once
// reading the history has ended.
//
// Grows with the number of *different* keys and of different values that are no small integers, never with the number
// of events (of a history whose values are small integers).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checker/atom.h"
#include "checker/stable_list.h"
#include "checker/value.h"

namespace ordeal::checker {

// A function's name ("f"). Those that models know have fixed numbers; any other gets the next one.
using Verb = std::uint8_t;
namespace verb {
inline constexpr Verb read = 0, write = 1, cas = 2, get = 3, put = 4, append = 5, remove = 6 /* "delete" */,
                      acquire = 7, release = 8, txn = 9;
}  // namespace verb

using KeyId = std::uint32_t;
inline constexpr KeyId no_key = 0;  // of events without a key; the others are numbered from 1 in the order of sight

class Vocabulary {
 public:
  Vocabulary();

  Atom atom(const Value& value);
  std::optional<Atom> known_atom(const Value& value) const;  // nothing: no atom of this vocabulary stands for it
  Value value(Atom atom) const;                              // of an atom that is not absent
  const Value& named(Atom atom) const { return *values_[atom.number()]; }  // of an atom that is_named(), uncopied

  // Whether it stands for a string; asks nothing of the value itself, which lies elsewhere.
  bool is_text(Atom atom) const { return atom.is_named() && are_texts_[atom.number()]; }

  KeyId key(std::string_view name);
  std::optional<std::string> key_name(KeyId key) const;   // nothing for no_key
  std::size_t keys() const { return key_names_.size(); }  // the largest KeyId, which is also how many have a name

  // Throws std::length_error beyond 256 different functions.
  Verb verb(std::string_view name);
  const std::string& verb_name(Verb verb) const { return verb_names_[verb]; }

  std::size_t bytes() const { return bytes_; }  // about

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <typename Number>
  using Numbers = std::unordered_map<std::string, Number, TextHash, std::equal_to<>>;

  std::unordered_map<Value, std::uint32_t, ValueHash> value_numbers_;
  StableList<const Value*> values_;  // into value_numbers_, whose nodes stay where they are
  Numbers<KeyId> key_numbers_;
  StableList<bool> are_texts_;  // of values_
  StableList<const std::string*> key_names_;
  Numbers<Verb> verb_numbers_;
  std::vector<std::string> verb_names_;  // with room for all from the begin, so that none moves
  std::size_t bytes_ = 0;
};

}  // namespace ordeal::checker
