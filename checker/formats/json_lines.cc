#include "checker/formats/json_lines.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "checker/formats/cursor.h"
#include "checker/formats/event_fields.h"
#include "checker/formats/field_names.h"

namespace ordeal::checker {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

void skip_blanks(Cursor& cursor) {
  cursor.take_while(is_blank);
}

Value parse_json(Cursor& cursor, int depth);

Value parse_word(Cursor& cursor) {
  const std::size_t begin = cursor.at();
  const std::string_view word = cursor.take_while([](char c) { return c >= 'a' && c <= 'z'; });
  if (word == "null") return Nil();
  if (word == "true") return true;
  if (word == "false") return false;
  cursor.jump(begin);
  cursor.fail("a JSON value");
}

Value parse_array(Cursor& cursor, int depth) {
  List list;
  cursor.take();
  skip_blanks(cursor);
  if (cursor.take_if(']')) return list;
  while (true) {
    list.push_back(parse_json(cursor, depth + 1));
    skip_blanks(cursor);
    if (cursor.take_if(']')) return list;
    if (!cursor.take_if(',')) cursor.fail("',' or ']' in the array");
  }
}

// `field(name, name_at)` reads the value of each.
template <typename Field>
void parse_object(Cursor& cursor, const Field& field) {
  if (!cursor.take_if('{')) cursor.fail("'{', the begin of an object");
  skip_blanks(cursor);
  if (cursor.take_if('}')) return;
  while (true) {
    skip_blanks(cursor);
    const std::size_t at = cursor.at();
    const std::string name = parse_string(cursor);
    skip_blanks(cursor);
    if (!cursor.take_if(':')) cursor.fail("':' after the name of a field");
    skip_blanks(cursor);
    field(name, at);
    skip_blanks(cursor);
    if (cursor.take_if('}')) return;
    if (!cursor.take_if(',')) cursor.fail("',' or '}' in the object");
  }
}

Value parse_json(Cursor& cursor, int depth) {
  if (depth > deepest_nesting) cursor.fail(fmt::format("at most {} levels of nesting", deepest_nesting));
  skip_blanks(cursor);
  switch (cursor.peek()) {
    case '"':
      return parse_string(cursor);
    case '[':
      return parse_array(cursor, depth);
    case '{': {
      Map map;
      FieldNames names;
      parse_object(cursor, [&](const std::string& name, std::size_t at) {
        if (!names.add(name)) cursor.fail_at(at, fmt::format("\"{}\" a second time", name), "each name once");
        map.emplace_back(name, parse_json(cursor, depth + 1));
      });
      return map;
    }
    default:
      if (cursor.peek() == '-' || (cursor.peek() >= '0' && cursor.peek() <= '9')) return parse_number(cursor, false);
      return parse_word(cursor);
  }
}

// How many bytes of valid UTF-8 start here; 0: none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (length == 3 && ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) >= 0xa0))) return 0;
  if (length == 4 && ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) >= 0x90))) return 0;
  return length;
}

}  // namespace

void write_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text[0]);
    const std::size_t length = utf8_length(text);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[0];
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(byte));
    } else if (length == 0) {
      out += "\\ufffd";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

namespace {

struct JsonWriter {
  std::string& out;

  void operator()(Nil) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { fmt::format_to(std::back_inserter(out), "{}", value); }
  void operator()(double value) const {
    if (!std::isfinite(value)) return (*this)(Nil());  // JSON has no word for these
    const std::string text = fmt::format("{}", value);
    out += text;
    if (text.find_first_of(".e") == std::string::npos) out += ".0";  // a double stays one
  }
  void operator()(const std::string& value) const { write_json_string(out, value); }
  void operator()(const List& list) const {
    out += '[';
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out += ',';
      std::visit(*this, list[i].variant());
    }
    out += ']';
  }
  void operator()(const Map& map) const {
    out += '{';
    for (std::size_t i = 0; i < map.size(); ++i) {
      if (i > 0) out += ',';
      write_json_string(out, map[i].first);
      out += ':';
      std::visit(*this, map[i].second.variant());
    }
    out += '}';
  }
};

}  // namespace

std::string write_json_line(const Event& event) {
  std::string out;
  out.reserve(160);
  fmt::format_to(std::back_inserter(out), R"({{"index":{},"time":{},"process":)", event.index, event.time.count());
  if (event.process == nemesis_process) {
    out += R"("nemesis")";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", event.process);
  }
  out += R"(,"type":")";
  out += name_of(event.type);
  out += R"(","f":)";
  write_json_string(out, event.f);
  if (event.key) {
    out += R"(,"key":)";
    write_json_string(out, *event.key);
  }
  if (!event.value.is_nil()) {
    out += R"(,"value":)";
    std::visit(JsonWriter{out}, event.value.variant());
  }
  if (!event.node.empty()) {
    out += R"(,"node":)";
    write_json_string(out, event.node);
  }
  if (!event.error.empty()) {
    out += R"(,"error":)";
    write_json_string(out, event.error);
  }
  return out + '}';
}

Event parse_json_line(Cursor& cursor, std::uint64_t default_index) {
  const std::size_t event_at = cursor.at();
  EventBuilder builder;
  std::uint32_t seen = 0;  // first letters of the known fields are not unique, their places in this list are
  constexpr std::string_view known[] = {"index", "time", "process", "type", "f", "key", "value", "node", "error"};
  parse_object(cursor, [&](const std::string& name, std::size_t name_at) {
    for (std::size_t i = 0; i < std::size(known); ++i) {
      if (known[i] != name) continue;
      if ((seen >> i & 1) != 0) cursor.fail_at(name_at, fmt::format("\"{}\" a second time", name), "each field once");
      seen |= std::uint32_t{1} << i;
    }
    const std::size_t value_at = cursor.at();
    if (!builder.set(name, parse_json(cursor, 0), cursor, value_at)) {
      cursor.fail_at(name_at, fmt::format("the field \"{}\"", name.substr(0, 40)),
                     "index, time, process, type, f, key, value, node or error");
    }
  });
  skip_blanks(cursor);
  if (!cursor.at_end()) cursor.fail("the end of the line after the event's '}'");
  const bool has_index = builder.has_index();
  Event event = builder.finish(cursor, event_at);
  if (!has_index) event.index = default_index;
  return event;
}

std::string cut_line_warning(const FormatError& error, std::size_t line, std::size_t events) {
  return fmt::format("{} (line {} is the last and was cut short; checked up to there, {} events)", error.what(), line,
                     events);
}

HistoryFile read_json_lines(std::string_view text, const std::string& file_name, const BeforePiece& before) {
  HistoryFile file{.events = {}, .format = "JSON Lines"};
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t newline = text.find('\n', begin);
    const bool complete = newline != std::string_view::npos;
    const std::size_t end = complete ? newline : text.size();
    Cursor cursor(text.substr(0, end), file_name, before.lines);
    cursor.jump(begin);
    skip_blanks(cursor);
    begin = complete ? end + 1 : end;
    if (cursor.at_end()) continue;
    try {
      file.events.push_back(
          parse_json_line(cursor, file.events.empty() ? before.next_index : file.events.back().index + 1));
    } catch (const FormatError& error) {
      if (complete) throw;
      file.warnings.push_back(cut_line_warning(error, cursor.line(), before.events + file.events.size()));
    }
  }
  return file;
}

}  // namespace ordeal::checker
