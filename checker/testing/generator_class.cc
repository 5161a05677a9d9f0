#include <array>
#include <charconv>
#include <utility>

#include "checker/testing/generator.h"

namespace ordeal::checker {
namespace {

// Takes a number from the front of `text`.
std::optional<std::uint64_t> number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// "10000" or "1e4".
std::optional<std::uint64_t> quantity(std::string_view& text) {
  std::optional<std::uint64_t> value = number(text);
  if (!value || !take(text, "e")) return value;
  const std::optional<std::uint64_t> zeros = number(text);
  if (!zeros || *zeros > 12) return std::nullopt;
  for (std::uint64_t i = 0; i < *zeros; ++i) *value *= 10;
  return value;
}

bool take_suffix(std::string_view& text, GeneratorOptions& options) {
  constexpr std::array<std::pair<std::string_view, Plant>, 3> plants = {
      {{"_bad", Plant::stale_read}, {"_lost", Plant::lost_write}, {"_swapped", Plant::swapped_pair}}};
  for (const auto& [word, plant] : plants) {
    if (take(text, word)) {
      options.plant = plant;
      options.plant_at = options.operations / 2;
      return true;
    }
  }
  if (!take(text, "_i")) return false;
  const std::optional<std::uint64_t> percent = number(text);
  options.info_percent = percent.value_or(0);
  return percent.has_value() && *percent <= 100;
}

}  // namespace

std::optional<GeneratorOptions> generator_class(std::string_view name) {
  GeneratorOptions options;
  if (!name.starts_with('u') && !name.starts_with('c') && !name.starts_with('d')) return std::nullopt;
  if (name.front() != 'u') options.read_percent = 40;
  if (name.front() != 'u') options.cas_percent = 20;
  if (name.front() == 'd') options.values = 5;
  name.remove_prefix(1);
  const std::optional<std::uint64_t> keys = number(name);
  if (!keys || *keys == 0 || !take(name, "k")) return std::nullopt;
  const std::optional<std::uint64_t> processes = number(name);
  if (!processes || *processes == 0) return std::nullopt;
  options.keys = *keys;
  options.processes = *processes;
  if (take(name, "v")) {
    const std::optional<std::uint64_t> values = number(name);
    if (!values) return std::nullopt;
    options.values = *values;
  }
  const std::optional<std::uint64_t> operations = take(name, "_") ? quantity(name) : std::nullopt;
  if (!operations) return std::nullopt;
  options.operations = *operations;
  while (!name.empty()) {
    if (!take_suffix(name, options)) return std::nullopt;
  }
  return options;
}

}  // namespace ordeal::checker
