#include "checker/formats/edn.h"

#include <fmt/format.h>

#include "checker/formats/event_fields.h"
#include "checker/formats/field_names.h"

namespace ordeal::checker {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == '\f';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_symbol(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c != '\0' && std::string_view("-_.*+!?$%&=<>/:#'|").find(c) != std::string_view::npos) ||
         static_cast<unsigned char>(c) >= 0x80;
}

Value parse(Cursor& cursor, int depth);

// Blanks, commas, comments, and forms discarded with #_.
void skip(Cursor& cursor, int depth = 0) {
  while (true) {
    cursor.take_while(is_blank);
    if (cursor.peek() == ';') {
      cursor.take_while([](char c) { return c != '\n'; });
    } else if (cursor.peek() == '#' && cursor.peek(1) == '_') {
      cursor.take();
      cursor.take();
      parse(cursor, depth + 1);
    } else {
      return;
    }
  }
}

List parse_items(Cursor& cursor, char close, int depth) {
  const std::size_t begin = cursor.at() - 1;
  List list;
  while (true) {
    skip(cursor, depth);
    if (cursor.take_if(close)) return list;
    if (cursor.at_end()) {
      cursor.fail_at(begin, fmt::format("'{}' that is never closed", cursor.text()[begin]), fmt::format("'{}'", close));
    }
    list.push_back(parse(cursor, depth + 1));
  }
}

std::string as_name(const Value& value) {
  const std::string* text = value.get_if<std::string>();
  return text == nullptr ? to_string(value) : *text;
}

// Of a map's field. A map inside of a name is quoted, and so is each around it: quotes would double at every level.
std::string as_field_name(const Value& value, const Cursor& cursor, std::size_t at) {
  constexpr std::size_t longest = 1024;
  std::string name = as_name(value);
  if (value.get_if<std::string>() == nullptr && name.size() > longest) {
    cursor.fail_at(at, "a list or map as the name of a field",
                   fmt::format("a name of at most {} characters when written out", longest));
  }
  return name;
}

// `field(name, name_at)` reads the value of each.
template <typename OnField>
void parse_fields(Cursor& cursor, int depth, const OnField& field) {
  const std::size_t begin = cursor.at();
  cursor.take();
  while (true) {
    skip(cursor, depth);
    if (cursor.take_if('}')) return;
    if (cursor.at_end()) cursor.fail_at(begin, "'{' that is never closed", "'}'");
    if (cursor.peek() == ']' || cursor.peek() == ')') cursor.fail("'}' to close the map first");
    const std::size_t at = cursor.at();
    const std::string name = as_field_name(parse(cursor, depth + 1), cursor, at);
    skip(cursor, depth);
    if (cursor.peek() == '}' || cursor.at_end()) cursor.fail(fmt::format("the value of {}", name));
    field(name, at);
  }
}

Value parse_map(Cursor& cursor, int depth) {
  Map map;
  FieldNames names;
  parse_fields(cursor, depth, [&](const std::string& name, std::size_t at) {
    if (!names.add(name)) cursor.fail_at(at, fmt::format("{} a second time", name), "each name once");
    map.emplace_back(name, parse(cursor, depth + 1));
  });
  return map;
}

Value parse_tagged(Cursor& cursor, int depth) {
  cursor.take();
  if (cursor.take_if('{')) return parse_items(cursor, '}', depth);  // a set
  if (cursor.take_while(is_symbol).empty()) cursor.fail("a set, or a tag's name, after '#'");
  return parse(cursor, depth + 1);
}

Value parse_symbol(Cursor& cursor) {
  const bool keyword = cursor.take_if(':');
  const std::string_view name = cursor.take_while(is_symbol);
  if (name.empty()) cursor.fail(keyword ? "a name after ':'" : "a value");
  if (!keyword && (name == "nil" || name == "null")) return Nil();
  if (!keyword && name == "true") return true;
  if (!keyword && name == "false") return false;
  return std::string(name);
}

Value parse(Cursor& cursor, int depth) {
  if (depth > deepest_nesting) cursor.fail(fmt::format("at most {} levels of nesting", deepest_nesting));
  skip(cursor, depth);
  const char c = cursor.peek();
  if (cursor.at_end()) cursor.fail("a value");
  if (c == '"') return parse_string(cursor);
  if (c == '{') return parse_map(cursor, depth);
  if (c == '#') return parse_tagged(cursor, depth);
  if (is_digit(c) || ((c == '-' || c == '+') && is_digit(cursor.peek(1)))) return parse_number(cursor, true);
  if (cursor.take_if('[')) return parse_items(cursor, ']', depth);
  if (cursor.take_if('(')) return parse_items(cursor, ')', depth);
  return parse_symbol(cursor);
}

Event parse_event(Cursor& cursor, std::uint64_t index) {
  // A record of newer Jepsens carries a tag: #jepsen.history.Op{...}
  if (cursor.peek() == '#' && cursor.peek(1) != '{') {
    cursor.take();
    cursor.take_while(is_symbol);
    skip(cursor);
  }
  if (cursor.peek() != '{') cursor.fail("an event: a map like {:process 0, :type :invoke, :f :read, :value nil}");
  const std::size_t event_at = cursor.at();
  EventBuilder builder;
  bool independent = false;
  parse_fields(cursor, 0, [&](const std::string& name, std::size_t) {
    skip(cursor);
    const std::size_t value_at = cursor.at();
    Value value = parse(cursor, 1);
    if (name == "time" && value.get_if<std::int64_t>() == nullptr) return;  // no time is no harm
    if (name == "independent") {
      independent = value == Value(true);
      return;
    }
    if (name != "index") builder.set(name, std::move(value), cursor, value_at);
  });
  Event event = builder.finish(cursor, event_at);
  const List* tuple = independent ? event.value.get_if<List>() : nullptr;
  if (tuple != nullptr && tuple->size() == 2) {
    event.key = as_name((*tuple)[0]);
    event.value = Value((*tuple)[1]);
  }
  event.index = index;
  return event;
}

}  // namespace

Value parse_edn(Cursor& cursor) {
  return parse(cursor, 0);
}

HistoryFile read_edn(std::string_view text, const std::string& file_name) {
  HistoryFile file{.events = {}, .format = "EDN", .nil_reads_say_nothing = true};
  Cursor cursor(text, file_name);
  skip(cursor);
  const std::size_t begin = cursor.at();
  const char close = cursor.take_if('[') ? ']' : cursor.take_if('(') ? ')' : '\0';
  while (true) {
    skip(cursor);
    if (close != '\0' && cursor.take_if(close)) break;
    if (cursor.at_end()) {
      if (close == '\0') return file;
      cursor.fail_at(begin, fmt::format("'{}' that is never closed", text[begin]), fmt::format("'{}'", close));
    }
    file.events.push_back(parse_event(cursor, file.events.size()));
  }
  skip(cursor);
  if (!cursor.at_end()) cursor.fail(fmt::format("nothing after the history's '{}'", close));
  return file;
}

}  // namespace ordeal::checker
