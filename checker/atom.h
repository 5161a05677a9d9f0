// A value in one word: what the algorithms compare and store instead of checker/value.h.  Plain value; any thread.
//
// Two atoms of one Vocabulary (checker/vocabulary.h) are equal exactly when the values that they stand for are. An
// integer of 62 bits carries itself; everything else is a number in the vocabulary.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace ordeal::checker {

class Atom {
 public:
  constexpr Atom() = default;                                   // nil
  static constexpr Atom absent() { return Atom(absent_bits); }  // no value at all, which is not nil

  static constexpr std::int64_t largest_integer = std::numeric_limits<std::int64_t>::max() >> 2;
  static constexpr std::int64_t smallest_integer = std::numeric_limits<std::int64_t>::min() >> 2;
  // `value` must be within these two.
  static constexpr Atom integer(std::int64_t value) {
    return Atom(static_cast<std::uint64_t>(value) << tag_bits | integer_tag);
  }
  static constexpr Atom named(std::uint32_t number) { return Atom(std::uint64_t{number} << tag_bits | named_tag); }

  constexpr bool is_nil() const { return bits_ == nil_bits; }
  constexpr bool is_absent() const { return bits_ == absent_bits; }
  constexpr bool is_integer() const { return (bits_ & tag_mask) == integer_tag; }
  constexpr bool is_named() const { return (bits_ & tag_mask) == named_tag; }
  constexpr std::int64_t as_integer() const { return static_cast<std::int64_t>(bits_) >> tag_bits; }
  constexpr std::uint32_t number() const { return static_cast<std::uint32_t>(bits_ >> tag_bits); }
  constexpr std::uint64_t bits() const { return bits_; }
  static constexpr unsigned tag_bits = 2;  // the lowest; the others are an integer, or a number in the vocabulary
  static constexpr Atom of_bits(std::uint64_t bits) { return Atom(bits); }  // that bits() gave

  constexpr bool operator==(const Atom&) const = default;

 private:
  static constexpr std::uint64_t tag_mask = 3;
  static constexpr std::uint64_t special_tag = 0, integer_tag = 1, named_tag = 2;
  static constexpr std::uint64_t nil_bits = special_tag, absent_bits = special_tag | 1U << tag_bits;

  explicit constexpr Atom(std::uint64_t bits) : bits_(bits) {}

  std::uint64_t bits_ = nil_bits;
};

struct AtomHash {
  std::size_t operator()(Atom atom) const {
    const std::uint64_t mixed = atom.bits() * 0x9e3779b97f4a7c15ULL;
    return static_cast<std::size_t>(mixed ^ mixed >> 32);
  }
};

}  // namespace ordeal::checker
