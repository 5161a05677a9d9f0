#include "harness/report/escape.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace ordeal::harness {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::size_t length_by_lead_byte(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// The length of the well-formed sequence at the front (Unicode 15, table 3-7), or 0: overlong forms, surrogates and
// what lies beyond U+10FFFF are not well-formed.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const std::size_t length = length_by_lead_byte(byte(0));
  if (length > text.size()) return 0;
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0) != 0x80) return 0;
  }
  if (length < 3) return length;
  const unsigned char lead = byte(0), second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  const bool beyond = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : length;
}

// Whether XML 1.0 forbids this well-formed character altogether.
bool forbidden_in_xml(std::string_view character) {
  if (character.size() == 1) {
    const auto byte = static_cast<unsigned char>(character[0]);
    return (byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F;
  }
  return character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
}

std::string_view escaped(std::string_view character) {
  if (forbidden_in_xml(character)) return replacement;
  switch (character[0]) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return character;
  }
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    valid += length == 0 ? replacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return valid;
}

std::string escape_markup(std::string_view text) {
  std::string markup;
  markup.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    markup += length == 0 ? replacement : escaped(text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return markup;
}

std::string escape_path_segment(std::string_view segment) {
  const bool only_dots = segment.find_first_not_of('.') == std::string_view::npos;
  std::string path;
  for (const char c : segment) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || (c == '.' && !only_dots);
    path += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return path;
}

}  // namespace ordeal::harness
