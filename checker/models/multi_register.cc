#include "checker/models/multi_register.h"

#include <fmt/format.h>

#include <algorithm>

namespace ordeal::checker {
namespace {

using Access = RegisterAccess;

std::string register_name(const Value& value) {
  const std::string* text = value.get_if<std::string>();
  return text != nullptr ? *text : to_string(value);
}

// ["read", "x", 1], or nothing when it has another shape.
std::optional<Access> access_of(const Value& value) {
  const List* triple = value.get_if<List>();
  if (triple == nullptr || triple->size() != 3) return std::nullopt;
  const std::string* f = (*triple)[0].get_if<std::string>();
  if (f == nullptr) return std::nullopt;
  const bool reads = *f == "read" || *f == "r", writes = *f == "write" || *f == "w";
  if (!reads && !writes) return std::nullopt;
  return Access{.writes = writes, .name = register_name((*triple)[1]), .value = (*triple)[2]};
}

std::vector<Access> checked(Atom atom, std::uint64_t event, const CompactOperation& operation,
                            const Vocabulary& vocabulary) {
  const Value value = vocabulary.value(atom);
  std::optional<std::vector<Access>> accesses = register_accesses(operation.f, value);
  if (accesses) return std::move(*accesses);
  throw MalformedHistory(event, fmt::format("the value of {} is {}; with multi-register it must be {}",
                                            vocabulary.verb_name(operation.f), to_string(value),
                                            operation.f == verb::txn ? "a list of [\"read\", register, value] and "
                                                                       "[\"write\", register, value]"
                                                                     : "a map from registers to values"));
}

// Whether the answer is one to this call: the same registers in the same order, and what was written.
bool answers(const std::vector<Access>& call, const std::vector<Access>& answer) {
  return std::equal(call.begin(), call.end(), answer.begin(), answer.end(), [](const Access& a, const Access& b) {
    return a.writes == b.writes && a.name == b.name && (!a.writes || a.value == b.value);
  });
}

const Value& held(const List& state, const std::string& name) {
  const Value* value = state[1].find(name);
  return value != nullptr ? *value : state[0];
}

}  // namespace

std::optional<std::vector<RegisterAccess>> register_accesses(Verb f, const Value& value) {
  std::vector<Access> out;
  if (const List* list = value.get_if<List>(); f == verb::txn && list != nullptr) {
    for (const Value& item : *list) {
      std::optional<Access> access = access_of(item);
      if (!access) return std::nullopt;
      out.push_back(std::move(*access));
    }
    return out;
  }
  const Map* map = value.get_if<Map>();
  if (f == verb::txn || map == nullptr) return std::nullopt;
  for (const Field& field : *map) {
    out.push_back({.writes = f == verb::write, .name = field.first, .value = field.second});
  }
  std::sort(out.begin(), out.end(), [](const Access& a, const Access& b) { return a.name < b.name; });
  return out;
}

Value multi_register_initial(const Value& asked) {
  if (asked.get_if<Map>() == nullptr) return List{asked, Map()};
  Map sorted = *asked.get_if<Map>();
  std::sort(sorted.begin(), sorted.end(), [](const Field& a, const Field& b) { return a.first < b.first; });
  return List{Nil(), sorted};
}

Effect multi_register_effect(const CompactOperation& operation, const Vocabulary& vocabulary) {
  if (operation.f != verb::txn && operation.f != verb::read && operation.f != verb::write) {
    refuse_unknown(operation, "multi-register", "txn, read and write", vocabulary);
  }
  const std::vector<Access> call = checked(operation.argument, operation.event, operation, vocabulary);
  const auto writes = [](const Access& access) { return access.writes; };
  const bool reads_only = std::none_of(call.begin(), call.end(), writes);
  Effect effect{.steps = true, .reads_only = reads_only, .f = operation.f, .argument = operation.argument};
  if (operation.outcome != EventType::ok || std::all_of(call.begin(), call.end(), writes)) return effect;
  if (!answers(call, checked(operation.result, operation.completion_event, operation, vocabulary))) {
    throw MalformedHistory(
        operation.completion_event,
        fmt::format("the {} of event {} was answered with {}; an answer has the registers of its call, in its order, "
                    "and what was written",
                    vocabulary.verb_name(operation.f), operation.event, to_string(vocabulary.value(operation.result))));
  }
  effect.refusable = true;
  effect.result = operation.result;
  return effect;
}

std::optional<Value> multi_register_step(const Value& state, const FullEffect& effect) {
  List next = *state.get_if<List>();
  Map registers = *next[1].get_if<Map>();
  const std::vector<Access> accesses =
      register_accesses(effect.f, effect.result ? *effect.result : effect.argument).value();
  for (const Access& access : accesses) {
    if (!access.writes) {
      const bool known = effect.result && !(effect.nil_says_nothing && access.value.is_nil());
      if (known && held(next, access.name) != access.value) return std::nullopt;
      continue;
    }
    const auto at = std::lower_bound(registers.begin(), registers.end(), access.name,
                                     [](const Field& field, const std::string& name) { return field.first < name; });
    if (at != registers.end() && at->first == access.name) {
      at->second = access.value;
    } else {
      registers.insert(at, {access.name, access.value});
    }
    next[1] = registers;
  }
  return next;
}

std::string multi_register_state_text(const Value& state) {
  const List& parts = *state.get_if<List>();
  const Map& written = *parts[1].get_if<Map>();
  if (written.empty()) return fmt::format("{} in every register", to_string(parts[0]));
  return to_string(parts[1]);
}

}  // namespace ordeal::checker
