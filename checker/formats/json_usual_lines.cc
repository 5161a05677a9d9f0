// Where the fields of a line end is known from bits, one for each of its bytes, that say "a comma" or "no digit". Its
// parts are then looked up, and all its numbers are computed together. What is not as it must be is gathered, and
// looked at once, at the end of the line. By then the next one is under way: it begins behind the newline, which is
// found in a few steps. Only what is never so, or always, is left to a branch.  The commas that are looked for:
//
//   {"index":13,"time":1253100400,"process":3,"type":"ok","f":"write","key":"7","value":41,"node":"n2"}\n
//                                                        ^           ^         ^          ^

#include "checker/formats/json_usual_lines.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "checker/formats/word_scan.h"

#if defined(__x86_64__)
#include <immintrin.h>

// Functions of such instructions can be inlined only into each other.
#define ORDEAL_WIDE __attribute__((target("avx2,bmi,bmi2")))
#define ORDEAL_WIDE_INLINE __attribute__((target("avx2,bmi,bmi2"), always_inline)) inline

namespace ordeal::checker {
namespace {

using Part = JsonUsualParts::Part;

constexpr std::size_t index_at = 9, newline_from = 80;  // in the line
static_assert(newline_from + 64 < JsonUsualLines::reach);

// The eight characters of a text as word_at() gives them.
constexpr std::uint64_t word_of(const char (&text)[9]) {
  std::uint64_t word = 0;
  for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{static_cast<unsigned char>(text[i])} << 8 * i;
  return word;
}

template <typename Byte>
ORDEAL_WIDE_INLINE __m256i bytes_at(const Byte* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}

// The high bits of 32 bytes.
ORDEAL_WIDE_INLINE std::uint32_t bits_of(__m256i bytes) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

// Which of the 32 bytes at `at` are `wanted`.
ORDEAL_WIDE_INLINE std::uint32_t where_is(char wanted, const char* at) {
  return bits_of(_mm256_cmpeq_epi8(bytes_at(at), _mm256_set1_epi8(wanted)));
}

// Digits, when 0x46 is added to them, are the largest of all signed numbers.
ORDEAL_WIDE_INLINE std::uint32_t where_are_digits(const char* at) {
  const __m256i moved = _mm256_add_epi8(bytes_at(at), _mm256_set1_epi8(0x46));
  return bits_of(_mm256_cmpgt_epi8(moved, _mm256_set1_epi8(0x75)));
}

// The same of 64.
ORDEAL_WIDE_INLINE std::uint64_t where_are(char wanted, const char* at) {
  return where_is(wanted, at) | std::uint64_t{where_is(wanted, at + 32)} << 32;
}

// 64: there is none.
ORDEAL_WIDE_INLINE std::ptrdiff_t first_of(std::uint64_t bits) {
  return static_cast<std::ptrdiff_t>(_tzcnt_u64(bits));
}

// By the number of digits: which bytes of a word that ends with them are theirs, and the smallest number that is
// written so; for what is no number one that is larger than all.
struct alignas(16) Digits {
  std::uint64_t mask = ~std::uint64_t{0};
  std::int64_t smallest = std::int64_t{1} << 62;
};
constexpr std::ptrdiff_t most_digits = 8;
constexpr std::ptrdiff_t no_number = -9;            // whatever is there, it is 0
constexpr std::ptrdiff_t fewest = no_number - 1;    // of a list that is not there
using AllDigits = std::array<Digits, 65 - fewest>;  // to as many as bytes are looked at
constexpr AllDigits all_digits = [] {
  AllDigits table = {};
  table[no_number - fewest] = {0, 0};
  std::int64_t power = 1;
  for (std::ptrdiff_t i = 1; i <= most_digits; ++i, power *= 10) {
    table[static_cast<std::size_t>(i - fewest)] = {~std::uint64_t{0} << (64 - 8 * i), i == 1 ? 0 : power};
  }
  return table;
}();

ORDEAL_WIDE_INLINE __m128i digits_of(std::ptrdiff_t length) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(&all_digits[static_cast<std::size_t>(length - fewest)]));
}

// The four numbers that eight bytes each are, which are from 0 to 9: pairs, then fours, then all.
ORDEAL_WIDE_INLINE __m256i numbers_of(__m256i digits) {
  const __m256i pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010a));
  const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00010064));
  const __m256i numbers = _mm256_madd_epi16(_mm256_packus_epi32(fours, fours), _mm256_set1_epi32(0x00012710));
  return _mm256_unpacklo_epi32(numbers, _mm256_setzero_si256());
}

// The text of a part, once it is not looked for any more.
struct Text {
  __m256i largest, also_largest, smaller, also_smaller;
};

ORDEAL_WIDE_INLINE Text text_of(const Part& part) {
  return {bytes_at(part.largest.data()), bytes_at(part.largest.data() + 32), bytes_at(part.smaller.data()),
          bytes_at(part.smaller.data() + 32)};
}

// Bytes that are not 0 where what stands at `at` is not as it must be.
ORDEAL_WIDE_INLINE __m256i odd_bytes(const char* at, const Text& text) {
  return _mm256_or_si256(_mm256_subs_epu8(_mm256_sub_epi8(text.largest, bytes_at(at)), text.smaller),
                         _mm256_subs_epu8(_mm256_sub_epi8(text.also_largest, bytes_at(at + 32)), text.also_smaller));
}

// What stands in the same way in each line.
struct Front {
  Text text;
  __m128i index_digits;
  __m256i index_begin;  // what the digits in front of its last eight mean
  std::size_t length, index_end;
};

ORDEAL_WIDE_INLINE Front front_of(const JsonUsualParts& parts) {
  const auto digits = static_cast<std::ptrdiff_t>(parts.index_digits);
  return {text_of(parts.front), _mm_move_epi64(digits_of(std::min(digits, most_digits))),  // any of them may be zeros
          _mm256_set_epi64x(0, 0, 0, static_cast<long long>(parts.front.meaning)), parts.front.length,
          index_at + parts.index_digits};
}

// The compiler must not know how this was found, or it branches on that, or finds it again.
template <typename Value>
ORDEAL_WIDE_INLINE Value as_it_is(Value value) {
  asm("" : "+r"(value));
  return value;
}

// Where a number ends, and how many digits it has; or `no_number`, and anywhere.
struct Place {
  const char* end;
  std::ptrdiff_t digits;
};

// The value of a line, or that it has none; `end` is then behind the key.
struct ValueAt {
  std::size_t numbers;  // 0 to 2
  Place first, second;
  const char* end;
  std::uint64_t wrong;  // not 0: it is refused
};

// `commas`: where they are from `at` on; the first is the one behind the key. Only a list is found by a branch.
ORDEAL_WIDE_INLINE ValueAt value_behind_key(const char* at, std::uint64_t commas, std::uint64_t middle) {
  const std::ptrdiff_t key_end = first_of(commas);
  commas = _blsr_u64(commas);
  const std::ptrdiff_t comma = first_of(commas);
  const std::ptrdiff_t numbers = as_it_is(std::ptrdiff_t{word_at(at + key_end + 1) == word_of("\"value\":")});
  const std::ptrdiff_t end = key_end + ((comma - key_end) & -numbers);
  const Place number = {at + end, end - key_end - 9};
  if (at[key_end + 9] != '[' || numbers == 0) [[likely]] {
    return {static_cast<std::size_t>(numbers), number, {at, no_number}, number.end, 0};
  }
  const std::ptrdiff_t list_end = first_of(_blsr_u64(commas));
  const bool is_closed = at[list_end - 1] == ']', is_cas = (middle >> LastWord::verb_at & 0xff) == verb::cas;
  return {2,
          {number.end, number.digits - 1},
          {at + list_end - 1, list_end - 1 - (comma + 1)},
          at + list_end,
          std::uint64_t{!is_closed} | std::uint64_t{!is_cas}};
}

ORDEAL_WIDE_INLINE __m256i both(__m128i one, __m128i other) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(one), other, 1);
}

ORDEAL_WIDE_INLINE __m128i words_before(const char* one, const char* other) {
  return _mm_set_epi64x(static_cast<long long>(word_at(other - 8)), static_cast<long long>(word_at(one - 8)));
}

// Index and process go into the event, and then the value. What comes back is not 0 when one of them is no number or
// has a leading zero. The numbers lie as index, process, second, first.
ORDEAL_WIDE_INLINE __m256i take_numbers(const Front& front, const char* line, const Place& process,
                                        const ValueAt& value, CompactEvent& event) {
  const __m256i even = both(front.index_digits, digits_of(value.second.digits));
  const __m256i odd = both(digits_of(process.digits), digits_of(value.first.digits));
  const __m256i words =
      both(words_before(line + front.index_end, process.end), words_before(value.second.end, value.first.end));
  const __m256i digits =
      _mm256_and_si256(_mm256_xor_si256(words, _mm256_set1_epi8('0')), _mm256_unpacklo_epi64(even, odd));
  const __m256i numbers = numbers_of(digits);
  static_assert(offsetof(CompactEvent, process) == offsetof(CompactEvent, index) + 8 &&
                offsetof(CompactEvent, second) == offsetof(CompactEvent, value) + 8);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(&event.index),
                   _mm256_castsi256_si128(_mm256_add_epi64(numbers, front.index_begin)));
  static constexpr Atom zeros[][2] = {
      {Atom(), Atom::absent()}, {Atom::integer(0), Atom::absent()}, {Atom::integer(0), Atom::integer(0)}};
  static_assert(Atom::integer(1).bits() == (1 << 2 | Atom::integer(0).bits()));
  const __m128i swapped = _mm_shuffle_epi32(_mm256_extracti128_si256(numbers, 1), 0x4e);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(&event.value),
                   _mm_or_si128(_mm_slli_epi64(swapped, 2),
                                _mm_loadu_si128(reinterpret_cast<const __m128i*>(zeros[value.numbers]))));
  return _mm256_or_si256(_mm256_subs_epu8(digits, _mm256_set1_epi8(9)),
                         _mm256_cmpgt_epi64(_mm256_unpackhi_epi64(even, odd), numbers));
}

// The line at `at`: where the next one begins; nullptr: it is refused, and `event` means nothing.
ORDEAL_WIDE_INLINE const char* take_line(const JsonUsualParts& parts, const Front& front, const char* at,
                                         CompactEvent& event) {
  const char* const next = at + newline_from + first_of(where_are('\n', at + newline_from)) + 1;
  const char* const process_at = at + front.length;
  const std::ptrdiff_t process_digits = _tzcnt_u32(~where_are_digits(process_at));
  const char* const middle_at = process_at + process_digits;
  const Part& middle = *as_it_is(&parts.middle_at(middle_at));

  const char* const commas_at = process_at + 12;  // before that behind the type
  std::uint64_t commas = _blsr_u64(where_are(',', commas_at));
  const std::ptrdiff_t key_from = first_of(commas) + 8;
  commas = _blsr_u64(commas);
  const std::ptrdiff_t key_size = first_of(commas) - key_from;
  const std::uint64_t key_word = _bzhi_u64(word_at(commas_at + key_from), static_cast<std::uint32_t>(8 * key_size));
  const auto& key = *as_it_is(&parts.keys.of(key_word));

  const ValueAt value = value_behind_key(commas_at, commas, middle.meaning);
  const Part& tail = *as_it_is(&parts.tail_at(value.end, next));
  const __m256i odd =
      _mm256_or_si256(_mm256_or_si256(odd_bytes(at, front.text), odd_bytes(middle_at, text_of(middle))),
                      _mm256_or_si256(odd_bytes(value.end, text_of(tail)),
                                      take_numbers(front, at, {middle_at, process_digits}, value, event)));
  const std::uint64_t wrong = (key.word ^ JsonUsualParts::Keys::sized(key_word, key_size)) | value.wrong |
                              (static_cast<std::size_t>(commas_at + key_from - middle_at) ^ middle.length) |
                              (static_cast<std::size_t>(next - value.end) ^ tail.length);
  set_last_word(event, std::uint64_t{key.number} | middle.meaning | tail.meaning);
  return wrong != 0 || _mm256_testz_si256(odd, odd) == 0 ? nullptr : next;
}

// There must be a front: numbers are read from the eight bytes in front of their end.
ORDEAL_WIDE std::size_t take_lines(const JsonUsualParts& parts, const char*& at, std::span<CompactEvent> out) {
  const Front front = front_of(parts);
  const char* line = at;
  CompactEvent* event = out.data();
  CompactEvent* const end = event + out.size();
  for (; event != end; ++event) {
    const char* const next = take_line(parts, front, line, *event);
    if (next == nullptr) [[unlikely]]
      break;
    line = next;
  }
  at = line;
  return static_cast<std::size_t>(event - out.data());
}

}  // namespace

bool JsonUsualLines::possible() {
  static const bool it_is =
      __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0;
  return it_is;
}
}  // namespace ordeal::checker
#else
namespace ordeal::checker {
namespace {
std::size_t take_lines(const JsonUsualParts&, const char*&, std::span<CompactEvent>) {
  return 0;
}
}  // namespace

bool JsonUsualLines::possible() {
  return false;
}
}  // namespace ordeal::checker
#endif

namespace ordeal::checker {

std::size_t JsonUsualLines::take(const char*& at, std::span<CompactEvent> out) {
  constexpr std::size_t debt_of_a_stop = 4, most_debt = 8192;
  constexpr unsigned try_again = 256;
  stopped_ = false;
  if (!possible() || (debt_ >= most_debt && ++let_alone_ % try_again != 0)) return 0;
  const std::size_t taken = parts_.front.length == 0 ? 0 : take_lines(parts_, at, out);
  stopped_ = taken < out.size();
  debt_ -= std::min(debt_, taken);
  if (stopped_) debt_ = std::min(debt_ + debt_of_a_stop, most_debt);
  return taken;
}

void JsonUsualLines::learn(const char* line, const CompactEvent& event) {
  if (stopped_) parts_.learn(line, event);
}

}  // namespace ordeal::checker
