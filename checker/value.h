// A value in a history: what JSON and EDN can say. Plain value; any thread.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ordeal::checker {

struct Nil {
  auto operator<=>(const Nil&) const = default;
};

class Value;
using List = std::vector<Value>;
using Field = std::pair<std::string, Value>;
using Map = std::vector<Field>;  // in the order of the text; keys are unique

class Value {
 public:
  using Variant = std::variant<Nil, bool, std::int64_t, double, std::string, List, Map>;

  Value() = default;
  Value(Nil) {}                                               // NOLINT(google-explicit-constructor): reads as a literal
  Value(bool value) : variant_(value) {}                      // NOLINT
  Value(std::int64_t value) : variant_(value) {}              // NOLINT
  Value(int value) : variant_(std::int64_t{value}) {}         // NOLINT
  Value(double value) : variant_(value) {}                    // NOLINT
  Value(const char* value) : variant_(std::string(value)) {}  // NOLINT
  Value(std::string value) : variant_(std::move(value)) {}    // NOLINT
  Value(List value) : variant_(std::move(value)) {}           // NOLINT
  Value(Map value) : variant_(std::move(value)) {}            // NOLINT

  const Variant& variant() const { return variant_; }
  bool is_nil() const { return std::holds_alternative<Nil>(variant_); }

  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&variant_);
  }

  // The field of a map, or nullptr when this is no map or has no such field.
  const Value* find(const std::string& field) const {
    const Map* map = get_if<Map>();
    if (map == nullptr) return nullptr;
    for (const Field& entry : *map) {
      if (entry.first == field) return &entry.second;
    }
    return nullptr;
  }

  bool operator==(const Value& other) const { return variant_ == other.variant_; }

 private:
  Variant variant_;
};

// As a person writes it: nil, true, 41, 1.5, "text", [1, 2], {"id": 4}. Strings are quoted, with JSON's escapes.
std::string to_string(const Value& value);

// The memory that the value owns beyond itself, about.
std::size_t owned_bytes(const Value& value);

struct ValueHash {
  std::size_t operator()(const Value& value) const;
};

}  // namespace ordeal::checker
