#include "checker/set/set_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "checker/evidence.h"

namespace ordeal::checker {
namespace {

constexpr std::size_t most_details = 20;

struct Element {
  OperationPlace add;  // the first
  std::uint64_t adds = 0, failed = 0;
  bool acknowledged = false;
  OperationPlace known;   // the operation whose return made it known; its completion is nowhere: not known
  OperationPlace seen;    // the first read that saw it
  OperationPlace missed;  // the first read that should have seen it and did not
  std::uint64_t last_seen_call = OperationPlace::nowhere;    // the latest call of a read that saw it
  std::uint64_t last_missed_call = OperationPlace::nowhere;  // the latest call of a read that should have seen it
  bool read_since_known = false;

  // Its present state as far as reads tell: was it seen by a read that was called after the last that missed it?
  bool came_back() const { return last_seen_call != OperationPlace::nowhere && last_seen_call > last_missed_call; }
};

using Set = std::unordered_map<Value, Element, ValueHash>;

enum class Kind : std::uint8_t { lost, stale, phantom, duplicate };

struct Violation {
  Kind kind = Kind::lost;
  std::string key;
  Value element;
  OperationPlace culprit;
};

struct Open {
  std::string f;
  std::string key;
  Value value;
  std::uint64_t call = 0;
};

std::string name(const std::string& key) {
  return key.empty() ? "the set" : "set " + key;
}

std::string sentence(const Violation& violation) {
  const std::string element = to_string(violation.element);
  const std::string set = name(violation.key);
  switch (violation.kind) {
    case Kind::lost:
      return fmt::format("element {} was added to {} and is lost", element, set);
    case Kind::stale:
      return fmt::format("element {} of {} was missed by a read that began after it was known to be there", element,
                         set);
    case Kind::phantom:
      return fmt::format("{} was read to hold {}, which nobody had added by then", set, element);
    case Kind::duplicate:
      return fmt::format("{} was read to hold {} twice", set, element);
  }
  return {};
}

const std::int64_t* as_number(const Value& value) {
  return value.get_if<std::int64_t>();
}

const std::int64_t* number_in(const Value& map, const std::string& field) {
  const Value* value = map.find(field);
  return value == nullptr ? nullptr : as_number(*value);
}

// Calls `visit` with every element that the read asked for and that anybody added.
template <typename Visit>
void for_each_asked(Set& set, const Value& asked, Visit visit) {
  const std::int64_t* first = number_in(asked, "from");
  const std::int64_t* last = number_in(asked, "to");
  if (first == nullptr || last == nullptr) {
    for (auto& [value, element] : set) visit(value, element);
    return;
  }
  if (*last < *first) return;
  if (static_cast<std::uint64_t>(*last) - static_cast<std::uint64_t>(*first) >= set.size()) {
    for (auto& [value, element] : set) {
      const std::int64_t* number = as_number(value);
      if (number != nullptr && *number >= *first && *number <= *last) visit(value, element);
    }
    return;
  }
  for (std::int64_t number = *first;; ++number) {
    if (const auto found = set.find(Value(number)); found != set.end()) visit(found->first, found->second);
    if (number == *last) return;
  }
}

}  // namespace

struct SetCheck::State {
  std::map<std::string, Set> sets;
  std::unordered_map<Process, Open> open;
  std::vector<Violation> wrong;                       // phantoms and duplicates, in the order of their discovery
  std::vector<std::pair<std::string, Value>> missed;  // elements, in the order in which they were first missed
  std::optional<std::string> first;
  std::uint64_t reads = 0;

  void complain(Violation violation) {
    if (!first) first = sentence(violation);
    wrong.push_back(std::move(violation));
  }

  void add_called(const Open& open_add) {
    Element& element = sets[open_add.key][open_add.value];
    if (element.adds++ == 0) element.add.call = open_add.call;
  }

  void add_returned(const Open& call, const Event& completion) {
    Element& element = sets[call.key][call.value];
    if (element.add.call == call.call) element.add.completion = completion.index;
    if (completion.type == EventType::ok) {
      element.acknowledged = true;
      know(element, {.call = call.call, .completion = completion.index});
    }
    if (completion.type != EventType::fail) return;
    ++element.failed;
    if (element.failed == element.adds && element.seen.call != OperationPlace::nowhere) {
      complain({.kind = Kind::phantom, .key = call.key, .element = call.value, .culprit = element.seen});
    }
  }

  static void know(Element& element, OperationPlace by) {
    if (element.known.completion == OperationPlace::nowhere) element.known = by;
  }

  void read_returned(const Open& call, const Event& completion) {
    if (completion.type != EventType::ok) return;
    ++reads;
    const OperationPlace place{.call = call.call, .completion = completion.index};
    Set& set = sets[call.key];
    std::unordered_set<Value, ValueHash> seen;
    const List nothing;
    const List* list = completion.value.get_if<List>();
    if (list == nullptr && !completion.value.is_nil()) {
      complain({.kind = Kind::phantom, .key = call.key, .element = completion.value, .culprit = place});
    }
    for (const Value& value : list == nullptr ? nothing : *list) {
      if (seen.insert(value).second) continue;
      complain({.kind = Kind::duplicate, .key = call.key, .element = value, .culprit = place});
    }
    miss(call, place, set, seen);
    for (const Value& value : seen) see(call, place, set, value);
  }

  void miss(const Open& call, OperationPlace read, Set& set, const std::unordered_set<Value, ValueHash>& seen) {
    for_each_asked(set, call.value, [&](const Value& value, Element& element) {
      const bool known = element.known.completion != OperationPlace::nowhere && element.known.completion < read.call;
      if (!known) return;
      element.read_since_known = true;
      if (seen.contains(value)) return;
      if (element.last_missed_call == OperationPlace::nowhere || element.last_missed_call < read.call) {
        element.last_missed_call = read.call;
      }
      if (element.missed.call != OperationPlace::nowhere) return;
      element.missed = read;
      missed.emplace_back(call.key, value);
      if (!first) first = sentence({.kind = Kind::lost, .key = call.key, .element = value, .culprit = read});
    });
  }

  void see(const Open& call, OperationPlace read, Set& set, const Value& value) {
    const auto found = set.find(value);
    if (found == set.end() || found->second.failed == found->second.adds) {
      complain({.kind = Kind::phantom, .key = call.key, .element = value, .culprit = read});
      return;
    }
    Element& element = found->second;
    if (element.seen.call == OperationPlace::nowhere) element.seen = read;
    if (element.last_seen_call == OperationPlace::nowhere || element.last_seen_call < read.call) {
      element.last_seen_call = read.call;
    }
    know(element, read);
  }

  // Everything that is wrong, what is lost first.
  std::vector<Violation> violations() const {
    std::vector<Violation> all;
    for (const auto& [key, value] : missed) {
      const Element& element = sets.at(key).at(value);
      all.push_back({.kind = element.came_back() ? Kind::stale : Kind::lost,
                     .key = key,
                     .element = value,
                     .culprit = element.missed});
    }
    all.insert(all.end(), wrong.begin(), wrong.end());
    std::stable_sort(all.begin(), all.end(), [](const Violation& a, const Violation& b) { return a.kind < b.kind; });
    return all;
  }

  Witness witness(const Violation& violation, const History& history) const {
    const Set& set = sets.at(violation.key);
    const auto found = set.find(violation.element);
    std::vector<OperationPlace> operations;
    std::string why = sentence(violation) + ". ";
    if (found != set.end()) {
      operations = {found->second.add, found->second.known};
      if (found->second.seen.call != OperationPlace::nowhere) operations.push_back(found->second.seen);
    }
    switch (violation.kind) {
      case Kind::lost:
      case Kind::stale:
        why += fmt::format(
            "It was known to be in the set at event {}; the read that was called at event {} asked for "
            "it and did not see it. ",
            found->second.known.completion, violation.culprit.call);
        why += violation.kind == Kind::lost ? "No later read saw it."
                                            : "A later read saw it again, so that this one answered from the past.";
        break;
      case Kind::phantom:
        why += found == set.end() ? "No add of it was called before that read returned."
                                  : "Its add had returned as failed, which means that it never takes effect.";
        break;
      case Kind::duplicate:
        why += "A set holds an element once.";
        break;
    }
    return witness_of(history, violation.key, violation.culprit, std::move(operations), std::move(why));
  }

  Finding judged_without_violation() const {
    Finding finding{.check = "set", .verdict = Verdict::valid, .summary = {}, .details = {}, .witness = {}};
    std::uint64_t acknowledged = 0;
    std::uint64_t unread = 0;
    for (const auto& [key, set] : sets) {
      for (const auto& [value, element] : set) {
        if (!element.acknowledged) continue;
        ++acknowledged;
        if (!element.read_since_known) ++unread;
      }
    }
    if (acknowledged == 0) {
      finding.verdict = Verdict::not_exercised;
      finding.summary = "no add was acknowledged";
    } else if (unread > 0) {
      finding.verdict = Verdict::unknown;
      finding.summary = fmt::format(
          "{} of {} acknowledged elements were never read again, so that nobody knows whether "
          "they are still there",
          unread, acknowledged);
    } else {
      finding.summary = fmt::format("all {} acknowledged elements were there whenever they were read, by {} reads",
                                    acknowledged, reads);
    }
    return finding;
  }

  Finding judged(const History& history) const {
    const std::vector<Violation> all = violations();
    if (all.empty()) return judged_without_violation();
    Finding finding{.check = "set", .verdict = Verdict::invalid, .summary = {}, .details = {}, .witness = {}};
    std::uint64_t counts[4] = {};
    for (const Violation& violation : all) ++counts[static_cast<std::size_t>(violation.kind)];
    finding.summary = sentence(all.front());
    if (all.size() > 1) {
      finding.summary += fmt::format("; in all {} lost, {} stale, {} phantom, {} duplicate", counts[0], counts[1],
                                     counts[2], counts[3]);
    }
    for (std::size_t at = 1; at < std::min(all.size(), most_details + 1); ++at) {
      finding.details.push_back(sentence(all[at]));
    }
    if (!history.empty()) finding.witness = witness(all.front(), history);
    return finding;
  }
};

SetCheck::SetCheck() : state_(std::make_unique<State>()) {}
SetCheck::~SetCheck() = default;

void SetCheck::observe(const Event& event) {
  if (event.process == nemesis_process || (event.f != "add" && event.f != "read")) return;
  if (event.type == EventType::invoke) {
    Open& call = state_->open[event.process];
    call = {.f = event.f, .key = event.key.value_or(""), .value = event.value, .call = event.index};
    if (event.f == "add") state_->add_called(call);
    return;
  }
  const auto found = state_->open.find(event.process);
  if (found == state_->open.end() || found->second.f != event.f) return;
  const Open call = std::move(found->second);
  state_->open.erase(found);
  event.f == "add" ? state_->add_returned(call, event) : state_->read_returned(call, event);
}

const std::optional<std::string>& SetCheck::violation() const {
  return state_->first;
}

Finding SetCheck::finding(const History& history) const {
  return state_->judged(history);
}

Finding check_set(const History& history) {
  SetCheck check;
  for (const Event& event : history) check.observe(event);
  return check.finding(history);
}

}  // namespace ordeal::checker
