#include "checker/formats/history_reader.h"

#include <fmt/format.h>

#include "checker/formats/cursor.h"
#include "checker/formats/edn.h"
#include "checker/formats/jepsen_log.h"
#include "checker/formats/json_lines.h"
#include "checker/formats/text_format.h"

namespace ordeal::checker {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// A text holds no control characters but white space.
void refuse_binary(const Cursor& cursor) {
  const std::string_view begin = cursor.text().substr(0, judged_bytes);
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const auto byte = static_cast<unsigned char>(begin[i]);
    if (byte < 0x20 && !is_space(begin[i]) && begin[i] != '\f') {
      cursor.fail_at(i, fmt::format("the byte 0x{:02x}, so this is no text", static_cast<unsigned>(byte)),
                     "a history as JSON Lines, EDN, or Jepsen's text log");
    }
  }
}

}  // namespace

TextFormat text_format(std::string_view head, const std::string& file_name) {
  if (head.starts_with(byte_order_mark)) head.remove_prefix(byte_order_mark.size());
  Cursor cursor(head, file_name);
  refuse_binary(cursor);
  cursor.take_while(is_space);
  if (cursor.at_end()) return TextFormat::blank;
  const char first = cursor.peek();
  if (first == '[' || first == '(' || first == ';' || first == '#') return TextFormat::edn;
  if (first == '{') {
    cursor.take();
    cursor.take_while(is_space);
    return cursor.peek() == ':' ? TextFormat::edn : TextFormat::json_lines;
  }
  if (first >= 'A' && first <= 'Z') return TextFormat::jepsen_log;
  cursor.fail(
      "a history: JSON Lines ({\"index\":0,...), EDN ({:process 0,... or [{...), or Jepsen's text log (INFO ...)");
}

HistoryFile read_history(std::string_view text, const std::string& file_name) {
  const TextFormat format = text_format(text, file_name);
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  switch (format) {
    case TextFormat::json_lines:
      return read_json_lines(text, file_name);
    case TextFormat::edn:
      return read_edn(text, file_name);
    case TextFormat::jepsen_log:
      return read_jepsen_log(text, file_name);
    case TextFormat::blank:
      break;
  }
  return {.events = {},
          .format = "JSON Lines",
          .nil_reads_say_nothing = false,
          .warnings = {fmt::format("{}: the file is empty", file_name)}};
}

Value parse_value(std::string_view text) {
  Cursor cursor(text, "value");
  const auto skip_spaces = [&] { cursor.take_while(is_space); };
  skip_spaces();
  Value value = parse_edn(cursor);
  skip_spaces();
  if (!cursor.at_end()) cursor.fail("nothing after the value; put quotes around a text with blanks");
  return value;
}

}  // namespace ordeal::checker
