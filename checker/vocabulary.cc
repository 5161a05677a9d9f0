#include "checker/vocabulary.h"

#include <limits>
#include <stdexcept>

namespace ordeal::checker {

Vocabulary::Vocabulary() {
  verb_names_.reserve(std::size_t{std::numeric_limits<Verb>::max()} + 1);
  // In the order of the constants in namespace verb.
  for (const char* name : {"read", "write", "cas", "get", "put", "append", "delete", "acquire", "release", "txn"}) {
    verb(name);
  }
}

Atom Vocabulary::atom(const Value& value) {
  if (value.is_nil()) return {};
  if (const std::int64_t* integer = value.get_if<std::int64_t>()) {
    if (*integer >= Atom::smallest_integer && *integer <= Atom::largest_integer) return Atom::integer(*integer);
  }
  const auto [found, is_new] = value_numbers_.try_emplace(value, static_cast<std::uint32_t>(values_.size()));
  if (is_new) {
    values_.push_back(&found->first);
    are_texts_.push_back(value.get_if<std::string>() != nullptr);
    bytes_ += 64 + sizeof(Value);
    if (const std::string* text = value.get_if<std::string>()) bytes_ += text->capacity();
    if (const List* list = value.get_if<List>()) bytes_ += list->capacity() * sizeof(Value);
  }
  return Atom::named(found->second);
}

std::optional<Atom> Vocabulary::known_atom(const Value& value) const {
  if (value.is_nil()) return Atom();
  if (const std::int64_t* integer = value.get_if<std::int64_t>()) {
    if (*integer >= Atom::smallest_integer && *integer <= Atom::largest_integer) return Atom::integer(*integer);
  }
  const auto found = value_numbers_.find(value);
  return found == value_numbers_.end() ? std::nullopt : std::optional(Atom::named(found->second));
}

Value Vocabulary::value(Atom atom) const {
  if (atom.is_integer()) return atom.as_integer();
  if (atom.is_named()) return *values_[atom.number()];
  return {};
}

KeyId Vocabulary::key(std::string_view name) {
  if (const auto found = key_numbers_.find(name); found != key_numbers_.end()) return found->second;
  const auto number = static_cast<KeyId>(key_names_.size() + 1);
  key_names_.push_back(&key_numbers_.emplace(name, number).first->first);
  bytes_ += 96 + name.size();
  return number;
}

std::optional<std::string> Vocabulary::key_name(KeyId key) const {
  if (key == no_key) return std::nullopt;
  return *key_names_[key - 1];
}

Verb Vocabulary::verb(std::string_view name) {
  if (const auto found = verb_numbers_.find(name); found != verb_numbers_.end()) return found->second;
  if (verb_names_.size() > std::numeric_limits<Verb>::max()) {
    throw std::length_error("a history with more than 256 different functions (\"f\"); is that field right?");
  }
  const auto number = static_cast<Verb>(verb_names_.size());
  verb_names_.emplace_back(name);
  verb_numbers_.emplace(name, number);
  return number;
}

}  // namespace ordeal::checker
