// The varints of binary_format.h, several in one word: eight bytes of the file, read as a little-endian number.  Pure;
// any thread.
//
//   85 01 0a 07     two numbers of one byte, one of two, from the right: in the word the lowest byte comes first
//
// The last byte of each number is the one without a high bit. What is between two of these ends is one number, once the
// high bits are taken out and the rest is moved together.

#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "checker/formats/word_scan.h"

namespace ordeal::checker::binary {

// The number that the seven low bits of each of eight bytes are; the high bits must be zero.
constexpr std::uint64_t joined(std::uint64_t bits) {
  bits = (bits & 0x007f007f007f007fULL) | (bits & 0x7f007f007f007f00ULL) >> 1;
  bits = (bits & 0x00003fff00003fffULL) | (bits & 0x3fff00003fff0000ULL) >> 2;
  return (bits & 0x0fffffffULL) | (bits & 0x0fffffff00000000ULL) >> 4;
}

// Up to and with the lowest bit; all for 0.
constexpr std::uint64_t up_to(std::uint64_t bits) {
  return bits ^ (bits - 1);
}

constexpr std::uint64_t all_if(bool condition) {
  return std::uint64_t{0} - std::uint64_t{condition};
}

inline constexpr unsigned most_numbers = 3;  // behind the first, of which `Lengths` knows
inline constexpr std::uint64_t ends_behind_first = in_each_byte(0x80) - 0x80;

// By which of the seven bytes behind the first are the last of a number, lowest first: how many bytes the first and so
// many numbers behind it are; 0 when that is more than the word.
using Lengths = std::array<std::uint8_t, 128>;
constexpr Lengths lengths_of(unsigned numbers) {
  Lengths lengths = {};
  for (unsigned ends = 0; ends < lengths.size(); ++ends) {
    unsigned left = numbers;
    for (unsigned byte = 0; byte < 7 && left > 0; ++byte) {
      left -= ends >> byte & 1;
      if (left == 0) lengths[ends] = static_cast<std::uint8_t>(byte + 2);
    }
  }
  return lengths;
}
inline constexpr Lengths lengths_of_nothing = {};  // also when no number is asked for
inline constexpr std::array<Lengths, most_numbers + 1> all_lengths = {lengths_of(0), lengths_of(1), lengths_of(2),
                                                                      lengths_of(3)};

// `of`: the number in the bits of `word` under `mask`, which is the seven low bits of some bytes next to each other, or
// nothing. `length`: what `lengths` says of the ends in `word`.
struct NumberByShifts {
  static std::uint64_t of(std::uint64_t word, std::uint64_t mask) {
    constexpr std::uint64_t top = std::uint64_t{1} << 63;
    return joined((word & mask) >> (std::countr_zero(mask | top) & 56));
  }
  static std::uint64_t length(std::uint64_t word, const Lengths& lengths) {
    return lengths[((~word & ends_behind_first) >> 8) * 0x0004081020408100ULL >> 57];
  }
};

#if defined(__x86_64__)
// An instruction does just that.
struct NumberByPext {
  static std::uint64_t of(std::uint64_t word, std::uint64_t mask) {
    std::uint64_t number = 0;
    asm("pext %2, %1, %0" : "=r"(number) : "r"(word), "r"(mask));
    return number;
  }
  static std::uint64_t length(std::uint64_t word, const Lengths& lengths) {
    return lengths[of(~word, ends_behind_first)];
  }
};

// Whether the processor has it, as more than a slow imitation.
inline bool has_pext() {
  static const bool has = __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0 &&
                          __builtin_cpu_is("znver1") == 0 && __builtin_cpu_is("znver2") == 0;
  return has;
}
#else
constexpr bool has_pext() {
  return false;
}
#endif

}  // namespace ordeal::checker::binary
