// Text to history, whatever wrote it.  Pure (the caller has read the file); any thread.
//
// Understood, and told apart by their first characters:
//   JSON Lines         our own: one object a line, see checker/event.h and json_lines.h
//   EDN                Jepsen's history.edn: a vector or list of maps, or one map a line
//   Jepsen's text log  INFO  jepsen.util - 4  :invoke  :write  3
// In EDN and in the text log an event's index is its position in the file; our own lines carry theirs.

#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "checker/event.h"

namespace ordeal::checker {

// "history.jsonl:12:5: found ...; expected ...": the text cannot be understood there.
class FormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct HistoryFile {
  History events;
  std::string format;  // "JSON Lines", "EDN", "Jepsen's text log"
  // EDN, as Jepsen means it: for LinearizableOptions::nil_reads_say_nothing.
  bool nil_reads_say_nothing = false;
  std::vector<std::string> warnings = {};  // sentences with place: a last line cut short, lines that were passed over
};

// `file_name` is only for messages. Throws FormatError. A last JSON line that was cut in its middle, as a killed writer
// leaves it, is left out with a warning; anything else that is broken is an error.
HistoryFile read_history(std::string_view text, const std::string& file_name);

// A value as a person types it: nil, true, 41, -1.5, "text", free (a bare word is a string), [1, 2]. Throws
// FormatError.
Value parse_value(std::string_view text);

}  // namespace ordeal::checker
