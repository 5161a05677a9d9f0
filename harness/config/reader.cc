#include "harness/config/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "harness/config/plain_text.h"
#include "harness/config/suggestion.h"
#include "harness/config/units.h"

namespace ordeal::harness {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds longest = std::chrono::hours(24 * 365);
constexpr std::string_view duration_examples = "200ms, 60s or 1m30s";

// The text of a scalar. When it is none: `... is not` what was expected, and the cure.
const std::string& scalar_of(const Setting& setting, std::string_view expected, std::string_view cure) {
  if (setting.node.kind != Node::Kind::scalar) {
    refuse(setting, fmt::format("{} is not {}; {}", described(setting), expected, cure));
  }
  return setting.node.text;
}

// Plain digits, without the leading zeros that YAML 1.1 would take for octal.
template <typename T>
std::optional<T> whole(const Setting& setting, std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (error != std::errc() || end != text.data() + text.size() || setting.node.quoted) return std::nullopt;
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  return number;
}

[[noreturn]] void refuse_number(const Setting& setting, std::string_view expected, std::string_view cure) {
  refuse(setting, fmt::format("{} is not {}; {}{}", described(setting), expected, cure,
                              setting.node.quoted ? ", without quotes" : ""));
}

nanoseconds duration_in(const Setting& setting, std::string_view text) {
  const std::string shown = quotable(text);
  const std::optional<nanoseconds> duration = parse_duration(text);
  const bool number = !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
  if (!duration && number) {
    refuse(setting, fmt::format("\"{}\" has no unit; write a duration such as {}", shown, duration_examples));
  }
  if (!duration && text.starts_with('-') && parse_duration(text.substr(1))) {
    refuse(setting, fmt::format("\"{}\" is negative; write a duration such as {}", shown, duration_examples));
  }
  if (!duration) {
    refuse(setting, fmt::format("\"{}\" is not a duration; write one such as {}", shown, duration_examples));
  }
  if (*duration == nanoseconds(0)) {
    refuse(setting, fmt::format("\"{}\" is no time at all; write a duration such as {}", shown, duration_examples));
  }
  if (*duration > longest) {
    refuse(setting, fmt::format("\"{}\" is longer than a year; write a duration such as {}", shown, duration_examples));
  }
  return *duration;
}

}  // namespace

void refuse(const Setting& setting, const std::string& what) {
  refuse(setting.node.place, setting.path, what);
}

std::string described(const Setting& setting) {
  switch (setting.node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return fmt::format("\"{}\"", quotable(setting.node.text));
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

Section::Section(Setting setting, std::vector<std::string_view> known)
    : setting_(std::move(setting)), known_(std::move(known)) {
  if (setting_.node.kind != Node::Kind::map) {
    refuse(setting_,
           fmt::format("{} is not a map; write keys and values, such as {}: ...", described(setting_), known_.front()));
  }
  for (const Entry& entry : setting_.node.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    refuse(entry.place, path_of(quotable(entry.key)),
           fmt::format("is an unknown key; {}", suggestion(entry.key, known_)));
  }
}

std::optional<Setting> Section::find(std::string_view key) const {
  const Node* node = harness::find(setting_.node, key);
  if (node == nullptr) return std::nullopt;
  return std::optional<Setting>(Setting{*node, path_of(key)});
}

Setting Section::require(std::string_view key, std::string_view what) const {
  const Node* node = harness::find(setting_.node, key);
  if (node == nullptr) refuse(setting_.node.place, path_of(key), fmt::format("is missing; {}", what));
  return {*node, path_of(key)};
}

std::string Section::path_of(std::string_view key) const {
  return setting_.path.empty() ? std::string(key) : fmt::format("{}.{}", setting_.path, key);
}

std::string text_of(const Setting& setting) {
  const std::string& text = scalar_of(setting, "a text", "write a single text");
  if (text.empty()) refuse(setting, "is empty; write a text");
  return text;
}

std::int64_t whole_number_of(const Setting& setting, std::int64_t least, std::int64_t most, std::string_view why_most) {
  const std::string cure = fmt::format("write one from {} to {}", least, most);
  const std::optional<std::int64_t> number = whole<std::int64_t>(setting, scalar_of(setting, "a whole number", cure));
  if (!number) refuse_number(setting, "a whole number", cure);
  if (*number < least || *number > most) {
    const bool explain = *number > most && !why_most.empty();
    refuse(setting,
           fmt::format("{} is out of range{}{}; {}", *number, explain ? ": " : "", explain ? why_most : "", cure));
  }
  return *number;
}

std::uint64_t seed_of(const Setting& setting) {
  const std::string cure = fmt::format("write one from 0 to {}", std::numeric_limits<std::uint64_t>::max());
  const std::optional<std::uint64_t> seed = whole<std::uint64_t>(setting, scalar_of(setting, "a seed", cure));
  if (!seed) refuse_number(setting, "a seed", cure);
  return *seed;
}

double rate_of(const Setting& setting) {
  constexpr std::string_view cure = "write one such as 2000, or 0 for as fast as answers come";
  const std::string& text = scalar_of(setting, "a number", cure);
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  const bool whole_text = error == std::errc() && end == text.data() + text.size();
  if (!whole_text || setting.node.quoted || !std::isfinite(rate)) refuse_number(setting, "a number", cure);
  if (std::signbit(rate)) refuse(setting, fmt::format("{} is negative; {}", text, cure));
  return rate;
}

nanoseconds duration_of(const Setting& setting) {
  return duration_in(setting, scalar_of(setting, "a duration", fmt::format("write one such as {}", duration_examples)));
}

nemesis::DurationRange duration_range_of(const Setting& setting) {
  const std::string& text = scalar_of(setting, "a range of durations", "write one such as 1s..8s");
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) {
    const nanoseconds duration = duration_in(setting, text);
    return {duration, duration};
  }
  const std::string least = text.substr(0, dots);
  const std::string most = text.substr(dots + 2);
  const nemesis::DurationRange range{duration_in(setting, least), duration_in(setting, most)};
  if (range.least > range.most) {
    refuse(setting, fmt::format("\"{}\" runs backwards; write {}..{}", quotable(text), most, least));
  }
  return range;
}

std::uint64_t size_of(const Setting& setting) {
  constexpr std::string_view cure = "write one such as 512MiB or 4GiB";
  const std::optional<std::uint64_t> size = parse_size(scalar_of(setting, "a size", cure));
  if (!size) refuse(setting, fmt::format("{} is not a size; {}", described(setting), cure));
  if (*size == 0) refuse(setting, fmt::format("{} is no memory at all; {}", described(setting), cure));
  return *size;
}

std::string one_of(const Setting& setting, std::string_view kind, const std::vector<std::string_view>& known) {
  const std::string& text = scalar_of(setting, fmt::format("a {}", kind), suggestion("", known));
  if (std::find(known.begin(), known.end(), text) == known.end()) refuse_unknown(setting, kind, known);
  return text;
}

void refuse_unknown(const Setting& setting, std::string_view kind, const std::vector<std::string_view>& known) {
  refuse(setting, fmt::format("unknown {} {}; {}", kind, described(setting), suggestion(setting.node.text, known)));
}

std::vector<Setting> items_of(const Setting& setting, std::string_view example) {
  if (setting.node.kind != Node::Kind::list) {
    refuse(setting, fmt::format("{} is not a list; write one such as {}", described(setting), example));
  }
  if (setting.node.items.empty()) refuse(setting, fmt::format("is an empty list; write one such as {}", example));
  std::vector<Setting> items;
  for (const Node& item : setting.node.items) {
    items.push_back({item, fmt::format("{}[{}]", setting.path, items.size())});
  }
  return items;
}

}  // namespace ordeal::harness
