#include "harness/config/clock_section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include "harness/config/nemesis_section.h"
#include "nemesis/plan/clock_draw.h"
#include "nemesis/plan/names.h"

namespace ordeal::harness {
namespace {

constexpr double one_rate_ppm = 1e6;
constexpr double least_rate = 0.01, most_rate = 100;
constexpr std::string_view rate_cure = "write one such as 0.5..2, from 0.01 to 100; a clock that stands is a freeze";

// The values that a list names, of those that `table` knows.
template <typename T>
std::vector<T> chosen_of(const Section& section, std::string_view key, std::string_view kind, std::string_view example,
                         const std::vector<nemesis::Named<T>>& table, std::vector<T> absent) {
  const std::optional<Setting> list = section.find(key);
  if (!list) return absent;
  std::vector<std::string_view> names;
  for (const nemesis::Named<T>& entry : table) names.push_back(entry.name);
  std::vector<T> chosen;
  for (const Setting& item : items_of(*list, example)) {
    const std::string name = one_of(item, kind, names);
    for (const nemesis::Named<T>& entry : table) {
      if (entry.name == name) chosen.push_back(entry.value);
    }
  }
  return chosen;
}

std::int64_t rate_ppm_of(const Setting& setting, std::string_view text) {
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  const bool number = error == std::errc() && end == text.data() + text.size() && std::isfinite(rate);
  if (!number || rate < least_rate || rate > most_rate) {
    refuse(setting, fmt::format("{} is no rate of a clock; {}", described(setting), rate_cure));
  }
  return std::llround(rate * one_rate_ppm);
}

// 0.5..2, or 2 for 2..2.
std::pair<std::int64_t, std::int64_t> rates_of(const Setting& setting) {
  const std::string text = text_of(setting);
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) {
    const std::int64_t rate = rate_ppm_of(setting, text);
    return {rate, rate};
  }
  const std::int64_t least = rate_ppm_of(setting, std::string_view(text).substr(0, dots));
  const std::int64_t most = rate_ppm_of(setting, std::string_view(text).substr(dots + 2));
  if (least > most) refuse(setting, fmt::format("{} is the wrong way round; {}", described(setting), rate_cure));
  return {least, most};
}

std::string rate_text(std::int64_t ppm) {
  return fmt::format("{}", static_cast<double>(ppm) / one_rate_ppm);
}

}  // namespace

std::vector<std::string_view> clock_settings() {
  return {"kinds", "clocks", "targets", "by", "rate", "period", "lasting"};
}

std::int64_t clock_rate_ppm(const Setting& setting) {
  return rate_ppm_of(setting, text_of(setting));
}

nemesis::ClockSpec read_clock(const Section& section, const Setting& entry) {
  nemesis::ClockSpec spec;
  spec.kinds = chosen_of(section, "kinds", "kind of clock change", "[jump, drift]", nemesis::clock_kinds(), spec.kinds);
  spec.clocks = chosen_of(section, "clocks", "clock", "[wall, monotonic]", nemesis::clock_faces(), spec.clocks);
  if (const auto by = section.find("by")) spec.by = duration_range_of(*by);
  if (const auto period = section.find("period")) spec.period = duration_range_of(*period);
  if (const auto rate = section.find("rate")) std::tie(spec.least_rate_ppm, spec.most_rate_ppm) = rates_of(*rate);
  if (nemesis::clock_pairs(spec).empty()) {
    refuse(entry,
           "only the wall clock can be strobed, since others never go back; write clocks: [wall], or more kinds");
  }
  return spec;
}

std::string clock_yaml(const nemesis::ClockSpec& spec) {
  std::vector<std::string_view> kinds, clocks;
  for (const nemesis::ClockKind kind : spec.kinds) kinds.push_back(nemesis::name_of(kind));
  for (const nemesis::ClockFace clock : spec.clocks) clocks.push_back(nemesis::name_of(clock));
  return fmt::format("kinds: [{}], clocks: [{}], by: {}, rate: {}..{}, period: {}", fmt::join(kinds, ", "),
                     fmt::join(clocks, ", "), range_text(spec.by), rate_text(spec.least_rate_ppm),
                     rate_text(spec.most_rate_ppm), range_text(spec.period));
}

}  // namespace ordeal::harness
