#include "checker/formats/crc32c.h"

#include <array>

#include "checker/formats/word_scan.h"

namespace ordeal::checker {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t rest = i;
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ ((rest & 1) != 0 ? 0x82f63b78U : 0U);
    table[i] = rest;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> table = make_table();

#if defined(__x86_64__)
// The instruction can begin in every cycle, but its result takes three. So three parts of the bytes are summed at once
// and joined: a sum and then n bytes is the sum and then n zeros, xor the sum of the bytes from zero on. And what n
// zeros make of a sum, they make of each of its bits by itself.
constexpr std::size_t part = 512;

using AfterZeros = std::array<std::array<std::uint32_t, 256>, 4>;  // by place and value of the bytes of a sum
constexpr AfterZeros make_after_zeros() {
  std::array<std::uint32_t, 32> of_bit{};
  for (std::size_t bit = 0; bit < of_bit.size(); ++bit) {
    of_bit[bit] = std::uint32_t{1} << bit;
    for (std::size_t i = 0; i < part; ++i) of_bit[bit] = of_bit[bit] >> 8 ^ table[of_bit[bit] & 0xff];
  }
  AfterZeros after{};
  for (std::size_t i = 0; i < 4 * 256; ++i) {
    for (std::size_t bit = 0; bit < 8; ++bit)
      after[i / 256][i % 256] ^= (i >> bit & 1) != 0 ? of_bit[i / 256 * 8 + bit] : 0;
  }
  return after;
}
constexpr AfterZeros after_zeros = make_after_zeros();

std::uint64_t after_part(std::uint64_t crc) {
  return after_zeros[0][crc & 0xff] ^ after_zeros[1][crc >> 8 & 0xff] ^ after_zeros[2][crc >> 16 & 0xff] ^
         after_zeros[3][crc >> 24 & 0xff];
}

__attribute__((target("sse4.2"))) std::uint64_t of_three_parts(std::uint64_t crc, const char* bytes) {
  std::uint64_t second = 0, third = 0;
  for (std::size_t i = 0; i < part; i += 8) {
    crc = __builtin_ia32_crc32di(crc, word_at(bytes + i));
    second = __builtin_ia32_crc32di(second, word_at(bytes + part + i));
    third = __builtin_ia32_crc32di(third, word_at(bytes + 2 * part + i));
  }
  return after_part(after_part(crc) ^ second) ^ third;
}

__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::uint32_t before, std::string_view bytes) {
  std::uint64_t crc = ~before;
  for (; bytes.size() >= 3 * part; bytes.remove_prefix(3 * part)) crc = of_three_parts(crc, bytes.data());
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) crc = __builtin_ia32_crc32di(crc, word_at(bytes.data()));
  auto rest = static_cast<std::uint32_t>(crc);
  for (const char c : bytes) rest = __builtin_ia32_crc32qi(rest, static_cast<unsigned char>(c));
  return ~rest;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(std::uint32_t before, std::string_view bytes) {
  std::uint32_t crc = ~before;
  for (const char c : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

std::uint32_t crc32c(std::uint32_t before, std::string_view bytes) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return by_instruction(before, bytes);
#endif
  return crc32c_by_table(before, bytes);
}

}  // namespace ordeal::checker
