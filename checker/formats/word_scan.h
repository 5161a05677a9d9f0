// Eight bytes of a text at once, as one little-endian word.  Pure; any thread.
//
// Each of these looks at the first byte that differs in kind, so that what a borrow or carry does to the bytes behind
// it does not matter:
//
//   "1234567,"   digits_at_front() is 7, and eight_digits(word << 8) is 1234567
//   "k17\",..."  plain_at_front() is 3

#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace ordeal::checker {

static_assert(std::endian::native == std::endian::little, "the words of a text are read as little-endian numbers");

inline std::uint64_t word_at(const char* text) {
  std::uint64_t word;
  std::memcpy(&word, text, sizeof word);
  return word;
}

constexpr std::uint64_t in_each_byte(unsigned byte) {
  return 0x0101010101010101ULL * byte;
}

// How many bytes stand before the first high bit.
constexpr unsigned bytes_before(std::uint64_t high_bits) {
  return static_cast<unsigned>(std::countr_zero(high_bits)) / 8;
}

// 0 to 8. A digit's distance from '0' is at most 9, and stays below the high bit when 0x76 is added.
constexpr unsigned digits_at_front(std::uint64_t word) {
  const std::uint64_t distance = word ^ in_each_byte('0');
  return bytes_before(((distance + in_each_byte(0x76)) | distance) & in_each_byte(0x80));
}

// The number that eight digits are: pairs, then fours, then all. Zero bytes in front count as zeros.
constexpr std::uint64_t eight_digits(std::uint64_t word) {
  word &= in_each_byte(0x0f);
  word = (word * 10 + (word >> 8)) & 0x00ff00ff00ff00ffULL;
  word = (word * 100 + (word >> 16)) & 0x0000ffff0000ffffULL;
  return (word * 10000 + (word >> 32)) & 0xffffffffULL;
}

// Bytes before the first that ends a string or needs a closer look: a double quote, a backslash, or a control
// character. 0 to 8.
constexpr unsigned plain_at_front(std::uint64_t word) {
  const std::uint64_t quote = word ^ in_each_byte('"'), backslash = word ^ in_each_byte('\\');
  const std::uint64_t special = ((quote - in_each_byte(1)) & ~quote) | ((backslash - in_each_byte(1)) & ~backslash) |
                                ((word - in_each_byte(0x20)) & ~word);
  return bytes_before(special & in_each_byte(0x80));
}

// The first `bytes` (0 to 7) of the word, the others zero.
constexpr std::uint64_t front_of(std::uint64_t word, unsigned bytes) {
  return word & ((std::uint64_t{1} << 8 * bytes) - 1);
}

}  // namespace ordeal::checker
