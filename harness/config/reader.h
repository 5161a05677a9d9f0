// Reads typed values out of a document, strictly. Whatever does not fit throws ConfigError with place, key, what is
// wrong and what would be right. Any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/config/document.h"
#include "nemesis/plan/schedule.h"

namespace ordeal::harness {

// A value and the path that leads to it: `nemesis.faults[1].kill`.
struct Setting {
  const Node& node;
  std::string path;
};

[[noreturn]] void refuse(const Setting& setting, const std::string& what);

// What stands there, for a message: "the list", "nothing", "\"abc\"".
std::string described(const Setting& setting);

// A map whose keys are all known.
class Section {
 public:
  // Refuses what is no map, and the first key that is not in `known`.
  Section(Setting setting, std::vector<std::string_view> known);

  std::optional<Setting> find(std::string_view key) const;
  // Refuses when it is missing: `is missing; ` and `what`.
  Setting require(std::string_view key, std::string_view what) const;

 private:
  std::string path_of(std::string_view key) const;

  Setting setting_;
  std::vector<std::string_view> known_;
};

std::string text_of(const Setting& setting);  // not empty
// `why_most` says why more than that is refused, where it is not obvious.
std::int64_t whole_number_of(const Setting& setting, std::int64_t least, std::int64_t most,
                             std::string_view why_most = {});
std::uint64_t seed_of(const Setting& setting);
double rate_of(const Setting& setting);                            // not negative
std::chrono::nanoseconds duration_of(const Setting& setting);      // more than zero, at most a year
nemesis::DurationRange duration_range_of(const Setting& setting);  // 1s..8s, or 3s for 3s..3s
std::uint64_t size_of(const Setting& setting);                     // more than zero

// One of `known`; `kind` names what they are: "read mode".
std::string one_of(const Setting& setting, std::string_view kind, const std::vector<std::string_view>& known);
[[noreturn]] void refuse_unknown(const Setting& setting, std::string_view kind,
                                 const std::vector<std::string_view>& known);

// The items of a list that is not empty; `example` shows one: "[one, leader]".
std::vector<Setting> items_of(const Setting& setting, std::string_view example);

}  // namespace ordeal::harness
