#include "checker/formats/cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ordeal::checker {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(byte));
    } else {
      out += c;
    }
  }
  return out;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

std::uint32_t parse_four_hex_digits(Cursor& cursor) {
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = cursor.peek();
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      code = code * 16 + static_cast<std::uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      code = code * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      cursor.fail("four hexadecimal digits after \\u");
    }
    cursor.take();
  }
  return code;
}

void parse_unicode_escape(Cursor& cursor, std::string& out) {
  std::uint32_t code = parse_four_hex_digits(cursor);
  if (code >= 0xd800 && code < 0xdc00) {
    if (cursor.peek() != '\\' || cursor.peek(1) != 'u') cursor.fail("the second half of a surrogate pair");
    cursor.take();
    cursor.take();
    const std::uint32_t low = parse_four_hex_digits(cursor);
    if (low < 0xdc00 || low > 0xdfff) cursor.fail("the second half of a surrogate pair before this");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  } else if (code >= 0xdc00 && code < 0xe000) {
    cursor.fail("the first half of a surrogate pair before this second half");
  }
  append_utf8(out, code);
}

void parse_escape(Cursor& cursor, std::string& out) {
  constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  const std::size_t which = cursor.at_end() ? letters.npos : letters.find(cursor.peek());
  if (which != letters.npos) {
    out += meanings[which];
    cursor.take();
  } else if (cursor.take_if('u')) {
    parse_unicode_escape(cursor, out);
  } else {
    cursor.fail("one of \" \\ / b f n r t u after a backslash");
  }
}

Value parse_double(const Cursor& cursor, std::size_t begin, std::string_view digits) {
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    cursor.fail_at(begin, fmt::format("the number {}", digits.substr(0, 40)), "one between -1.8e308 and 1.8e308");
  }
  return value;
}

}  // namespace

bool Cursor::take_if(char expected) {
  if (at_end() || text_[at_] != expected) return false;
  ++at_;
  return true;
}

std::string_view Cursor::take_while(bool (*wanted)(char)) {
  const std::size_t begin = at_;
  while (at_ < text_.size() && wanted(text_[at_])) ++at_;
  return text_.substr(begin, at_ - begin);
}

std::size_t Cursor::line_of(std::size_t where) const {
  return lines_before_ + 1 +
         static_cast<std::size_t>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(where), '\n'));
}

std::string Cursor::found_here() const {
  if (at_end()) return "the end";
  if (peek() == '\n' || peek() == '\r') return "the end of the line";
  const std::string_view rest = text_.substr(at_, 16);
  const std::size_t length = std::min(rest.find_first_of(" \t\r\n,", 1), rest.size());
  return fmt::format("'{}'", printable(rest.substr(0, length)));
}

void Cursor::fail_at(std::size_t where, const std::string& found, std::string_view expected) const {
  const std::size_t newline = where == 0 ? std::string_view::npos : text_.rfind('\n', where - 1);
  const std::size_t column = newline == std::string_view::npos ? where + 1 : where - newline;
  throw FormatError(
      fmt::format("{}:{}:{}: found {}; expected {}", file_name_, line_of(where), column, found, expected));
}

Value parse_number(Cursor& cursor, bool edn) {
  const std::size_t begin = cursor.at();
  if (!cursor.take_if('-') && edn) cursor.take_if('+');
  const std::size_t first_digit = cursor.at();
  const std::string_view whole = cursor.take_while(is_digit);
  if (whole.empty()) cursor.fail("a digit");
  if (whole.size() > 1 && whole[0] == '0') {
    cursor.fail_at(first_digit, fmt::format("the number {}", whole.substr(0, 20)), "a number without leading zeros");
  }
  bool integer = true;
  if (cursor.take_if('.')) {
    integer = false;
    if (cursor.take_while(is_digit).empty() && !edn) cursor.fail("a digit after the decimal point");
  }
  if (cursor.peek() == 'e' || cursor.peek() == 'E') {
    integer = false;
    cursor.take();
    if (!cursor.take_if('-')) cursor.take_if('+');
    if (cursor.take_while(is_digit).empty()) cursor.fail("a digit in the exponent");
  }
  std::string_view digits = cursor.text().substr(begin, cursor.at() - begin);
  if (digits[0] == '+') digits.remove_prefix(1);
  if (edn && !cursor.take_if('N')) cursor.take_if('M');
  if (integer) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc()) return value;
  }
  return parse_double(cursor, begin, digits);
}

std::string parse_string(Cursor& cursor) {
  if (!cursor.take_if('"')) cursor.fail("a string in double quotes");
  const std::size_t begin = cursor.at();
  std::string out;
  while (true) {
    out += cursor.take_while([](char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; });
    if (cursor.take_if('"')) return out;
    if (cursor.at_end()) cursor.fail_at(begin - 1, "a string that does not end", "its closing double quote");
    if (cursor.take_if('\\')) {
      parse_escape(cursor, out);
    } else if (cursor.peek() == '\n' || cursor.peek() == '\t' || cursor.peek() == '\r') {
      cursor.fail("the string's closing double quote, or \\n, \\r or \\t inside of it");
    } else {
      cursor.fail("no control character inside of a string; \\u00.. writes one");
    }
  }
}

}  // namespace ordeal::checker
