#include "harness/config/process_section.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "harness/config/nemesis_section.h"
#include "harness/config/units.h"

namespace ordeal::harness {
namespace {

constexpr int most_share = 90;  // percent
constexpr std::chrono::milliseconds shortest_period{10};

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// 4, or 2..6.
void read_times(const Setting& setting, int& least, int& most) {
  const std::string text = text_of(setting);
  const std::size_t dots = text.find("..");
  const std::optional<int> begin = number_in(text.substr(0, dots));
  const std::optional<int> end = dots == std::string::npos ? begin : number_in(text.substr(dots + 2));
  const std::string cure = fmt::format("write one from 1 to {}, or a range such as 2..6", nemesis::most_crashes);
  if (!begin || !end) refuse(setting, fmt::format("{} is no number of kills; {}", described(setting), cure));
  if (*begin < 1 || *end > nemesis::most_crashes || *begin > *end) {
    refuse(setting, fmt::format("{} is out of range, or runs backwards; {}", described(setting), cure));
  }
  least = *begin;
  most = *end;
}

}  // namespace

nemesis::CrashLoopSpec read_crash_loop(const Section& section) {
  nemesis::CrashLoopSpec spec;
  if (const auto times = section.find("times")) read_times(*times, spec.least_times, spec.most_times);
  if (const auto alive = section.find("alive")) spec.alive = duration_range_of(*alive);
  if (const auto down = section.find("down")) spec.down = duration_range_of(*down);
  return spec;
}

nemesis::StarveSpec read_starve(const Section& section) {
  nemesis::StarveSpec spec;
  if (const auto share = section.find("share")) {
    spec.share_percent =
        static_cast<int>(whole_number_of(*share, 1, most_share, "a node that has more than that does not starve"));
  }
  if (const auto period = section.find("period")) {
    spec.period = duration_range_of(*period);
    if (spec.period.least < shortest_period) {
      refuse(*period, fmt::format("{} is shorter than {}, within which processes cannot be stopped and resumed; write "
                                  "more",
                                  range_text(spec.period), plan_duration(shortest_period)));
    }
  }
  return spec;
}

std::string starve_yaml(const nemesis::StarveSpec& spec) {
  return fmt::format("share: {}, period: {}", spec.share_percent, range_text(spec.period));
}

std::string crash_loop_yaml(const nemesis::CrashLoopSpec& spec) {
  const std::string times = spec.least_times == spec.most_times
                                ? fmt::format("{}", spec.least_times)
                                : fmt::format("{}..{}", spec.least_times, spec.most_times);
  return fmt::format("times: {}, alive: {}, down: {}", times, range_text(spec.alive), range_text(spec.down));
}

}  // namespace ordeal::harness
