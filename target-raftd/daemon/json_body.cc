#include "target-raftd/daemon/json_body.h"

#include <fmt/format.h>

#include <algorithm>

namespace raftd::daemon {

namespace json = boost::json;

void refuse_body(std::string_view what, std::string_view example) {
  throw Refused{refuse(400, "bad_body", fmt::format("{}; write {}", what, example))};
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80         ? 1
                               : lead >> 5 == 0x6  ? 2
                               : lead >> 4 == 0xe  ? 3
                               : lead >> 3 == 0x1e ? 4
                                                   : 0;
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0xffU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next >> 6 != 0x2) return false;
      point = (point << 6) | (next & 0x3fU);
    }
    constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    i += length;
  }
  return true;
}

json::object parse_object(const std::string& body, std::initializer_list<std::string_view> names,
                          std::string_view example) {
  boost::system::error_code failed;
  json::value parsed = json::parse(body, failed);
  if (failed || !parsed.is_object()) refuse_body("the body is not a JSON object", example);
  check_names(parsed.get_object(), names, example);
  return std::move(parsed.get_object());
}

void check_names(const json::object& object, std::initializer_list<std::string_view> names, std::string_view example) {
  for (const auto& member : object) {
    if (std::find(names.begin(), names.end(), std::string_view(member.key())) == names.end()) {
      refuse_body(fmt::format("unknown member \"{}\"", std::string_view(member.key())), example);
    }
  }
}

std::optional<std::string> take_text_or_null(const json::object& object, std::string_view name,
                                             std::string_view example) {
  const json::value* value = object.if_contains(name);
  if (value != nullptr && value->is_null()) return std::nullopt;
  if (value == nullptr || !value->is_string()) {
    refuse_body(fmt::format("\"{}\" must be a string or null", name), example);
  }
  if (value->get_string().size() > max_value_bytes) {
    throw Refused{refuse(413, "too_large", fmt::format("\"{}\" has at most {} bytes", name, max_value_bytes))};
  }
  return std::string(value->get_string());
}

std::string take_text(const json::object& object, std::string_view name, std::string_view example) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) refuse_body(fmt::format("\"{}\" must be a string", name), example);
  return *take_text_or_null(object, name, example);
}

std::int64_t take_integer(const json::object& object, std::string_view name, std::string_view example) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_int64()) {
    refuse_body(fmt::format("\"{}\" must be a whole number of 64 bits", name), example);
  }
  return value->get_int64();
}

std::uint64_t take_number(const json::object& object, std::string_view name, std::string_view example) {
  const json::value* value = object.if_contains(name);
  if (value != nullptr && value->is_uint64()) return value->get_uint64();
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) {
    refuse_body(fmt::format("\"{}\" must be a whole number from 0", name), example);
  }
  return static_cast<std::uint64_t>(value->get_int64());
}

std::string take_key(const json::object& object, std::string_view example) {
  std::string key = take_text(object, "key", example);
  check_key(key);
  return key;
}

void check_key(std::string_view key) {
  if (key.empty() || !is_utf8(key)) {
    throw Refused{refuse(400, "bad_key", "a key is percent-encoded UTF-8 and not empty")};
  }
  if (key.size() > max_key_bytes) {
    throw Refused{refuse(400, "bad_key", fmt::format("a key has at most {} bytes", max_key_bytes))};
  }
}

}  // namespace raftd::daemon
