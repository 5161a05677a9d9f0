#include "harness/report/quantities.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace ordeal::harness {
namespace {

std::string in_unit(double value, const char* unit) {
  const int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text + " " + unit;
}

}  // namespace

std::string duration_text(std::chrono::nanoseconds duration) {
  const auto ns = duration.count();
  // The smallest integer has no positive twin.
  if (ns < 0) return "-" + duration_text(std::chrono::nanoseconds(ns == INT64_MIN ? INT64_MAX : -ns));
  if (ns < 1'000) return fmt::format("{} ns", ns);
  const double exact = static_cast<double>(ns);
  if (ns < 1'000'000) return in_unit(exact / 1e3, "µs");
  if (ns < 1'000'000'000) return in_unit(exact / 1e6, "ms");
  if (ns < 120'000'000'000) return in_unit(exact / 1e9, "s");
  const auto seconds = ns / 1'000'000'000 + (ns % 1'000'000'000 >= 500'000'000 ? 1 : 0);
  const auto both = [](std::int64_t large, const char* unit, std::int64_t small, const char* small_unit) {
    const std::string head = fmt::format("{} {}", large, unit);
    return small == 0 ? head : fmt::format("{} {} {}", head, small, small_unit);
  };
  return seconds < 3600 ? both(seconds / 60, "min", seconds % 60, "s")
                        : both(seconds / 3600, "h", seconds % 3600 / 60, "min");
}

std::string moment_text(std::chrono::nanoseconds since_start) {
  return fmt::format("{:.6f} s", static_cast<double>(since_start.count()) / 1e9);
}

std::string grouped(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1024) return counted(bytes, "byte");
  constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; size >= 1000 && unit + 1 < std::size(units); ++unit) size /= 1024;
  return in_unit(size, units[unit]);
}

std::string counted(std::uint64_t count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace ordeal::harness
