#include "harness/report/terminal_text.h"

#include <fmt/format.h>

#include <cstdint>

#include "harness/report/escape.h"

namespace ordeal::harness {
namespace {

bool starts_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

}  // namespace

std::string printable(std::string_view text) {
  const std::string valid = valid_utf8(text);
  std::string shown;
  shown.reserve(valid.size());
  for (std::size_t at = 0; at < valid.size(); ++at) {
    const auto byte = static_cast<unsigned char>(valid[at]);
    // U+0080 to U+009F, two bytes in UTF-8, are control characters too: some terminals take U+009B for ESC [.
    const bool c1 = byte == 0xC2 && static_cast<unsigned char>(valid[at + 1]) < 0xA0;
    if (byte == '\n' || byte == '\t') {
      shown += ' ';
    } else if (byte < 0x20 || byte == 0x7F) {
      shown += fmt::format("\\x{:02x}", byte);
    } else if (c1) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(valid[++at]));
    } else {
      shown += valid[at];
    }
  }
  return shown;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (const char byte : text) columns += starts_character(byte) ? 1 : 0;
  return columns;
}

std::string elided(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  std::size_t end = 0;
  for (std::size_t kept = 0; end < text.size(); ++end) {
    if (starts_character(text[end]) && kept++ == columns - 1) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (word.empty()) continue;
    if (!line.empty() && columns_of(line) + 1 + columns_of(word) > columns) {
      lines.push_back(line);
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

std::string left_aligned(std::string text, std::size_t columns) {
  const std::size_t width = columns_of(text);
  return width < columns ? text + std::string(columns - width, ' ') : text;
}

std::string right_aligned(std::string text, std::size_t columns) {
  const std::size_t width = columns_of(text);
  return width < columns ? std::string(columns - width, ' ') + text : text;
}

}  // namespace ordeal::harness
