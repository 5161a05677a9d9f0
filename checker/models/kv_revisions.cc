#include "checker/models/kv_revisions.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "checker/models/register.h"

namespace ordeal::checker {
namespace {

// One key's entry in the state, or nothing.
const List* entry_of(const Map& keys, const std::string& key) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Field& field) { return field.first == key; });
  return found == keys.end() ? nullptr : found->second.get_if<List>();
}

void set(Map& keys, const std::string& key, const Value& value, std::int64_t revision) {
  const auto at = std::lower_bound(keys.begin(), keys.end(), key,
                                   [](const Field& field, const std::string& name) { return field.first < name; });
  if (at != keys.end() && at->first == key) {
    at->second = List{value, revision};
  } else {
    keys.insert(at, {key, List{value, revision}});
  }
}

bool is_revision(const Value* value) {
  return value == nullptr || (value->get_if<std::int64_t>() != nullptr && *value->get_if<std::int64_t>() >= 0);
}

// The answer as the effect keeps it: absent when it says nothing.
Atom checked_answer(const CompactOperation& operation, const Vocabulary& vocabulary) {
  const bool reads = operation.f == verb::get || operation.f == verb::read;
  if (operation.outcome == EventType::info) return Atom::absent();
  const bool is_map = operation.result.is_named() && vocabulary.named(operation.result).get_if<Map>() != nullptr;
  if (!is_map && !reads) return Atom::absent();
  if (is_map) {
    const Value& answer = vocabulary.named(operation.result);
    if (is_revision(answer.find("revision")) && is_revision(answer.find("mod_revision")) &&
        (!reads || answer.find("value") != nullptr)) {
      return operation.result;
    }
  }
  throw MalformedHistory(operation.completion_event,
                         fmt::format("{} was answered with {}; with kv-revisions it must be a map with a revision that "
                                     "is a whole number{}",
                                     vocabulary.verb_name(operation.f), to_string(vocabulary.value(operation.result)),
                                     reads ? ", a value and a mod_revision" : ""));
}

}  // namespace

AnsweredRevisions answered_revisions(const Value& answer) {
  const auto number = [&](const char* field) {
    const Value* value = answer.find(field);
    return value == nullptr ? AnsweredRevisions::unsaid : *value->get_if<std::int64_t>();
  };
  return {.revision = number("revision"), .mod_revision = number("mod_revision"), .value = answer.find("value")};
}

Value kv_revisions_initial(const Value& asked) {
  if (asked.is_nil()) return List{1, Map()};
  if (is_revision(&asked)) return List{asked, Map()};
  throw std::invalid_argument(
      fmt::format("the initial value of kv-revisions is {}; it must be the first revision", to_string(asked)));
}

Effect kv_revisions_effect(const CompactOperation& operation, const Vocabulary& vocabulary) {
  Effect effect{.steps = true, .f = operation.f, .key = operation.key, .argument = operation.argument};
  switch (operation.f) {
    case verb::get:
    case verb::read:
      effect.f = verb::get;
      effect.reads_only = true;
      break;
    case verb::put:
    case verb::write:
      effect.f = verb::put;
      break;
    case verb::remove:
      break;
    case verb::cas: {
      const Effect cas = cas_effect(operation, vocabulary);
      effect.second = operation.second;
      effect.reads_only = cas.reads_only;
      break;
    }
    default:
      refuse_unknown(operation, "kv-revisions", "get, put, delete and cas", vocabulary);
  }
  effect.result = checked_answer(operation, vocabulary);
  effect.refusable = operation.f == verb::cas || !effect.result.is_absent();
  return effect;
}

std::optional<Value> kv_revisions_step(const Value& state, const FullEffect& effect) {
  const List& parts = *state.get_if<List>();
  const Map& keys = *parts[1].get_if<Map>();
  const std::string key = effect.key.value_or("");
  const List* entry = entry_of(keys, key);
  const Value held = entry == nullptr ? Value() : (*entry)[0];
  const AnsweredRevisions answer = effect.result ? answered_revisions(*effect.result) : AnsweredRevisions();
  const bool mismatch = effect.f == verb::cas && held != effect.argument;
  const bool changes = !effect.reads_only && (effect.f != verb::remove || entry != nullptr);
  const std::int64_t revision = *parts[0].get_if<std::int64_t>() + (changes ? 1 : 0);
  if (effect.f == verb::cas && mismatch != effect.reads_only) return std::nullopt;  // only a failed one may not match
  if (answer.revision != AnsweredRevisions::unsaid && answer.revision != revision) return std::nullopt;
  if (!changes) {
    if (effect.f != verb::get) return state;
    if (answer.value != nullptr && *answer.value != held) return std::nullopt;
    const std::int64_t modified = entry == nullptr ? 0 : *(*entry)[1].get_if<std::int64_t>();
    if (answer.mod_revision != AnsweredRevisions::unsaid && answer.mod_revision != modified) return std::nullopt;
    return state;
  }
  Map next = keys;
  if (effect.f == verb::remove) {
    std::erase_if(next, [&](const Field& field) { return field.first == key; });
  } else {
    set(next, key, effect.f == verb::cas ? effect.second.value() : effect.argument, revision);
  }
  return List{revision, next};
}

std::string kv_revisions_state_text(const Value& state) {
  const List& parts = *state.get_if<List>();
  return fmt::format("{} at revision {}", to_string(parts[1]), to_string(parts[0]));
}

}  // namespace ordeal::checker
