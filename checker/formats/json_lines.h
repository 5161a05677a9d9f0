// Our own history format: one JSON object a line, fields in this order, those that are empty left out.  Pure; any
// thread.
//
//   {"index":12,"time":1250034100,"process":3,"type":"invoke","f":"write","key":"7","value":41,"node":"n2"}
//
// The reader takes any order, refuses unknown fields, and reads integers beyond 64 bits as doubles.

#pragma once

#include <string>
#include <string_view>

#include "checker/event.h"
#include "checker/formats/cursor.h"
#include "checker/formats/history_reader.h"

namespace ordeal::checker {

// Without the newline. Bytes that are no UTF-8 become U+FFFD, so that the line is JSON whatever a node answered.
std::string write_json_line(const Event& event);

// Appends the string in quotes, escaped; also for EDN, whose escapes are the same.
void write_json_string(std::string& out, std::string_view text);

// The event of the line at the cursor, whose text ends where the line ends. Any order of fields. `default_index` is for
// an event that does not say its own. Throws FormatError.
Event parse_json_line(Cursor& cursor, std::uint64_t default_index);

// Of a last line that was cut in its middle, which is left out.
std::string cut_line_warning(const FormatError& error, std::size_t line, std::size_t events);

// What stands before a piece of a file, for messages and for events that carry no index.
struct BeforePiece {
  std::size_t lines = 0;
  std::size_t events = 0;
  std::uint64_t next_index = 0;
};

HistoryFile read_json_lines(std::string_view text, const std::string& file_name, const BeforePiece& before = {});

}  // namespace ordeal::checker
