#include "harness/mutants/mutant.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "harness/config/config_error.h"
#include "harness/config/plain_text.h"
#include "harness/config/suggestion.h"

namespace ordeal::harness {
namespace {

constexpr std::array<std::string_view, 5> tier_names = {"T1", "T2", "T3", "T4", "control"};
constexpr std::array<std::string_view, 3> kind_names = {"bug", "equivalent", "slow"};

template <typename Names>
std::optional<std::size_t> place_of(std::string_view name, const Names& names) {
  const auto at = std::find(names.begin(), names.end(), name);
  return at == names.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - names.begin()));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

struct Field {
  std::string_view key;
  bool required;
};
constexpr std::array<Field, 8> fields = {{{"Tier", true},
                                          {"Kind", true},
                                          {"Mechanism", true},
                                          {"Rule", true},
                                          {"Real", true},
                                          {"Plan", true},
                                          {"Evidence", false},
                                          {"Note", false}}};

class Parser {
 public:
  Parser(std::string_view text, const std::string& name, const std::string& file) : rest_(text), file_(file) {
    mutant_.name = name;
  }

  Mutant parse() {
    read_header();
    require_fields();
    read_diff();
    check_control();
    return std::move(mutant_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw ConfigError(fmt::format("{}:{}: {}", file_, line_number_, what));
  }

  // False at the end of the text.
  bool next_line() {
    if (rest_.empty()) return false;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_number_;
    return true;
  }

  void read_header() {
    while (next_line()) {
      if (line_.starts_with("--- ")) return;
      if (trimmed(line_).empty()) {
        current_ = nullptr;
      } else if (line_.front() == ' ' || line_.front() == '\t') {
        if (current_ == nullptr) refuse("this line goes on with nothing; begin it with a key such as `Rule:`");
        *current_ += ' ';
        *current_ += trimmed(line_);
      } else {
        read_field();
      }
    }
    refuse("there is no diff; after the header come `--- a/FILE` and `+++ b/FILE`");
  }

  void read_field() {
    const std::size_t colon = line_.find(':');
    const std::string_view key = line_.substr(0, colon);
    std::vector<std::string_view> known;
    for (const Field& field : fields) known.push_back(field.key);
    const auto place = place_of(key, known);
    if (colon == std::string_view::npos || !place) {
      refuse(fmt::format("`{}` is no key of a mutant's header; {}", quotable(key), suggestion(key, known)));
    }
    if (seen_[*place]) refuse(fmt::format("{} stands here twice; keep one of them", key));
    seen_[*place] = true;
    const std::string_view value = trimmed(line_.substr(colon + 1));
    if (value.empty()) refuse(fmt::format("{} is empty; say it, or `none` where there is none", key));
    current_ = &take(key, value);
  }

  // Where the value is kept, so that a further line can go on with it.
  std::string& take(std::string_view key, std::string_view value) {
    if (key == "Tier") return take_tier(value);
    if (key == "Kind") return take_kind(value);
    std::string& target = key == "Mechanism"  ? mutant_.mechanism
                          : key == "Rule"     ? mutant_.rule
                          : key == "Real"     ? mutant_.real
                          : key == "Plan"     ? mutant_.plan
                          : key == "Evidence" ? mutant_.evidence
                                              : mutant_.note;
    target = value;
    return target;
  }

  std::string& take_tier(std::string_view value) {
    const auto place = place_of(value, tier_names);
    if (!place) refuse(fmt::format("Tier is `{}`; it must be T1, T2, T3, T4 or control", quotable(value)));
    mutant_.tier = static_cast<Tier>(*place);
    return ignored_;
  }

  std::string& take_kind(std::string_view value) {
    const auto place = place_of(value, kind_names);
    if (!place) refuse(fmt::format("Kind is `{}`; it must be bug, equivalent or slow", quotable(value)));
    mutant_.kind = static_cast<MutantKind>(*place);
    return ignored_;
  }

  void require_fields() const {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].required && !seen_[i]) {
        refuse(fmt::format("the header has no {}; add a line `{}: ...` above the diff", fields[i].key, fields[i].key));
      }
    }
  }

  // Called on the first `--- ` line.
  void read_diff() {
    bool in_hunk = false;
    do {
      if (line_.starts_with("--- ")) {
        read_file_names();
        in_hunk = false;
      } else if (line_.starts_with("@@ ")) {
        in_hunk = true;
      } else if (!in_hunk ||
                 (!line_.empty() && std::string_view(" +-\\").find(line_.front()) == std::string_view::npos)) {
        refuse("this is no line of a unified diff; target-raftd/mutants/edit writes them");
      }
    } while (next_line());
    if (!in_hunk) refuse("the diff changes nothing; it needs a hunk that begins with `@@`");
  }

  void read_file_names() {
    const std::string from(file_name("--- a/"));
    if (!next_line()) refuse("`+++ b/FILE` is missing behind `--- a/FILE`");
    const std::string to(file_name("+++ b/"));
    if (from != to) refuse(fmt::format("`{}` becomes `{}`; a mutant changes files, it does not move them", from, to));
    const bool ours = to.starts_with("target-raftd/") && to.find("..") == std::string::npos;
    if (!ours || !(to.ends_with(".cc") || to.ends_with(".h"))) {
      refuse(fmt::format("`{}` is no source of raftd; paths begin at the repository's root with target-raftd/", to));
    }
    mutant_.files.push_back(to);
  }

  std::string_view file_name(std::string_view mark) const {
    if (!line_.starts_with(mark)) refuse(fmt::format("expected a line `{}FILE`", mark));
    return line_.substr(mark.size(), line_.find_first_of(" \t", mark.size()) - mark.size());
  }

  void check_control() const {
    const bool control = mutant_.tier == Tier::control;
    if (control != (mutant_.kind != MutantKind::bug)) {
      refuse("Tier and Kind disagree; a control is equivalent or slow, and everything else is a bug");
    }
    const char* prefix = mutant_.kind == MutantKind::equivalent ? "equiv-" : "slow-";
    if (control && !mutant_.name.starts_with(prefix)) {
      refuse(fmt::format("a control of kind {} is called {}NAME.patch", to_string(mutant_.kind), prefix));
    }
  }

  std::string_view rest_;
  const std::string& file_;
  std::string_view line_;
  int line_number_ = 0;
  std::string* current_ = nullptr;  // the value that a further line goes on with
  std::string ignored_;
  std::array<bool, fields.size()> seen_{};
  Mutant mutant_;
};

}  // namespace

std::string to_string(Tier tier) {
  return std::string(tier_names.at(static_cast<std::size_t>(tier)));
}

std::string to_string(MutantKind kind) {
  return std::string(kind_names.at(static_cast<std::size_t>(kind)));
}

Mutant parse_mutant(std::string_view text, const std::string& name, const std::string& file) {
  return Parser(text, name, file).parse();
}

std::vector<Tier> parse_tiers(std::string_view text, const std::string& option) {
  std::vector<Tier> tiers;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string_view name = trimmed(text.substr(from, comma - from));
    const auto place = place_of(name, tier_names);
    if (!place) {
      throw ConfigError(
          fmt::format("{}: `{}` is no tier; tiers are T1, T2, T3, T4 and control", option, quotable(name)));
    }
    tiers.push_back(static_cast<Tier>(*place));
    from = comma + 1;
  }
  return tiers;
}

}  // namespace ordeal::harness
