#include "harness/config/plain_text.h"

#include <fmt/format.h>

#include "harness/config/document.h"

namespace ordeal::harness {
namespace {

// How many bytes the UTF-8 character at the start of `text` takes; 0: it is none (RFC 3629: shortest form only, no
// surrogates, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) > 0x9F;
  const bool too_large = first == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
}

std::string quotable_up_to(std::size_t most, std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    if (result.size() + length > most) return result + "...";
    const bool plain = length > 0 && !is_control(text[i]) && text[i] != '\n' && text[i] != '\r' && text[i] != '\t';
    result +=
        plain ? std::string(text.substr(i, length)) : fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    i += length == 0 ? 1 : length;
  }
  return result;
}

}  // namespace

bool is_override(std::string_view origin) {
  return origin.starts_with("--set ");
}

void refuse_binary(std::string_view text, const std::string& origin) {
  Place place = is_override(origin) ? Place{origin, 0, 0} : Place{origin, 1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    const auto byte = static_cast<unsigned char>(text[i]);
    if (length == 0) refuse(place, "", fmt::format("byte 0x{:02x} is not UTF-8; save the file as UTF-8 text", byte));
    if (is_control(text[i])) {
      refuse(place, "", fmt::format("byte 0x{:02x} is no text; this should be a YAML file, not a binary one", byte));
    }
    i += length;
    if (place.line == 0) continue;
    place.column = text[i - 1] == '\n' ? 1 : place.column + 1;
    place.line += text[i - 1] == '\n' ? 1 : 0;
  }
}

std::string quotable(std::string_view text) {
  return quotable_up_to(60, text);
}

std::string quotable_path(const std::filesystem::path& path) {
  const std::string text = path.string();
  return quotable_up_to(std::string::npos, text);
}

}  // namespace ordeal::harness
