#include "checker/value.h"

#include <fmt/format.h>

#include <boost/container_hash/hash.hpp>
#include <functional>
#include <string_view>

namespace ordeal::checker {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

struct Printer {
  std::string operator()(Nil) const { return "nil"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(const std::string& value) const { return quoted(value); }
  std::string operator()(const List& list) const {
    std::string out = "[";
    for (const Value& item : list) out += (out.size() > 1 ? ", " : "") + to_string(item);
    return out + "]";
  }
  std::string operator()(const Map& map) const {
    std::string out = "{";
    for (const Field& field : map) {
      out += (out.size() > 1 ? ", " : "") + quoted(field.first) + ": " + to_string(field.second);
    }
    return out + "}";
  }
};

struct Hasher {
  std::size_t operator()(Nil) const { return 0x9e3779b9; }
  std::size_t operator()(bool value) const { return value ? 3 : 5; }
  std::size_t operator()(std::int64_t value) const { return boost::hash_value(value); }
  std::size_t operator()(double value) const { return std::hash<double>()(value); }
  std::size_t operator()(const std::string& value) const { return std::hash<std::string>()(value); }
  std::size_t operator()(const List& list) const {
    std::size_t seed = list.size();
    for (const Value& item : list) boost::hash_combine(seed, ValueHash()(item));
    return seed;
  }
  std::size_t operator()(const Map& map) const {
    std::size_t seed = ~map.size();
    for (const Field& field : map) {
      boost::hash_combine(seed, std::hash<std::string>()(field.first));
      boost::hash_combine(seed, ValueHash()(field.second));
    }
    return seed;
  }
};

}  // namespace

std::string to_string(const Value& value) {
  return std::visit(Printer{}, value.variant());
}

std::size_t owned_bytes(const Value& value) {
  std::size_t bytes = 0;
  if (const std::string* text = value.get_if<std::string>()) bytes += text->capacity();
  if (const List* list = value.get_if<List>()) {
    bytes += list->capacity() * sizeof(Value);
    for (const Value& item : *list) bytes += owned_bytes(item);
  }
  if (const Map* map = value.get_if<Map>()) {
    bytes += map->capacity() * sizeof(Field);
    for (const Field& field : *map) bytes += field.first.capacity() + owned_bytes(field.second);
  }
  return bytes;
}

std::size_t ValueHash::operator()(const Value& value) const {
  return std::visit(Hasher{}, value.variant());
}

}  // namespace ordeal::checker
