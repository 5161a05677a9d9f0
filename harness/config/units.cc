#include "harness/config/units.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <span>

namespace ordeal::harness {
namespace {

__extension__ using Wide = unsigned __int128;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 6> duration_units{{{"h", 3'600'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"s", 1'000'000'000},
                                              {"ms", 1'000'000},
                                              {"us", 1'000},
                                              {"ns", 1}}};
constexpr std::array<Unit, 9> size_units{{{"TiB", std::uint64_t{1} << 40},
                                          {"GiB", std::uint64_t{1} << 30},
                                          {"MiB", std::uint64_t{1} << 20},
                                          {"KiB", std::uint64_t{1} << 10},
                                          {"B", 1},
                                          {"TB", 1'000'000'000'000},
                                          {"GB", 1'000'000'000},
                                          {"MB", 1'000'000},
                                          {"kB", 1'000}}};
constexpr std::size_t most_digits = 19;  // 10^19 fits into 64 bits
constexpr std::size_t binary_sizes = 5;  // those of size_units that size_text writes

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A number and its unit at the start of `text`, which loses them. The result is exact or nullopt.
std::optional<std::uint64_t> take_quantity(std::string_view& text, std::span<const Unit> units, const Unit*& unit) {
  std::uint64_t digits = 0;
  std::uint64_t divisor = 1;
  std::size_t length = 0;
  bool point = false;
  for (; length < text.size() && (is_digit(text[length]) || (text[length] == '.' && !point)); ++length) {
    if (text[length] == '.') {
      point = true;
      continue;
    }
    if (length >= most_digits + (point ? 1 : 0)) return std::nullopt;
    digits = digits * 10 + static_cast<std::uint64_t>(text[length] - '0');
    if (point) divisor *= 10;
  }
  if (length == 0 || !is_digit(text[0]) || !is_digit(text[length - 1])) return std::nullopt;
  text.remove_prefix(length);
  length = 0;
  while (length < text.size() && !is_digit(text[length]) && text[length] != '.') ++length;
  const std::string_view name = text.substr(0, length);
  text.remove_prefix(length);
  for (const Unit& candidate : units) {
    if (candidate.name != name) continue;
    unit = &candidate;
    const Wide product = Wide{digits} * candidate.factor;
    if (product % divisor != 0 || product / divisor > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    return static_cast<std::uint64_t>(product / divisor);
  }
  return std::nullopt;
}

std::string in_largest_unit(std::uint64_t amount, std::span<const Unit> units, const Unit& of_zero) {
  if (amount == 0) return fmt::format("0{}", of_zero.name);
  for (const Unit& unit : units) {
    if (amount % unit.factor == 0) return fmt::format("{}{}", amount / unit.factor, unit.name);
  }
  return fmt::format("{}{}", amount, units.back().name);
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  std::uint64_t total = 0;
  const Unit* previous = nullptr;
  do {
    const Unit* unit = nullptr;
    const std::optional<std::uint64_t> part = take_quantity(text, duration_units, unit);
    if (!part || (previous != nullptr && unit <= previous)) return std::nullopt;
    total += *part;  // both below 2^63: the sum does not wrap
    if (total > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    previous = unit;
  } while (!text.empty());
  return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const Unit* unit = nullptr;
  const std::optional<std::uint64_t> bytes = take_quantity(text, size_units, unit);
  return text.empty() ? bytes : std::nullopt;
}

std::string plan_duration(std::chrono::nanoseconds duration) {
  return in_largest_unit(static_cast<std::uint64_t>(duration.count()), duration_units, duration_units[2]);
}

std::string size_text(std::uint64_t bytes) {
  return in_largest_unit(bytes, std::span(size_units).first(binary_sizes), size_units[binary_sizes - 1]);
}

}  // namespace ordeal::harness
