#include "checker/formats/jepsen_log.h"

#include <fmt/format.h>

#include "checker/formats/cursor.h"
#include "checker/formats/edn.h"
#include "checker/formats/event_fields.h"

namespace ordeal::checker {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}
bool is_word(char c) {
  return !is_blank(c);
}

constexpr std::string_view logger = "jepsen.util";

// Everything before the event: "INFO  jepsen.util - ". False: another logger's line.
bool take_prefix(Cursor& cursor) {
  cursor.take_while(is_word);  // the level
  cursor.take_while(is_blank);
  const std::size_t name_at = cursor.at();
  const std::string_view name = cursor.take_while(is_word);
  cursor.take_while(is_blank);
  if (name.empty() || cursor.take_while(is_word) != "-") {
    cursor.jump(name_at);
    cursor.fail("a line of Jepsen's log: LEVEL  logger - process  :type  :f  value");
  }
  cursor.take_while(is_blank);
  return name == logger;
}

void set(EventBuilder& builder, Cursor& cursor, std::string_view field, std::string_view expected) {
  cursor.take_while(is_blank);
  if (cursor.at_end()) cursor.fail(expected);
  const std::size_t at = cursor.at();
  builder.set(field, parse_edn(cursor), cursor, at);
}

// 4  :info  :write  :timed-out: the value of an operation that did not end as ok may be a keyword that says why.
Event parse_event(Cursor& cursor, std::uint64_t index) {
  const std::size_t event_at = cursor.at();
  EventBuilder builder;
  set(builder, cursor, "process", "the number of a process");
  set(builder, cursor, "type", ":invoke, :ok, :fail or :info");
  set(builder, cursor, "f", "the name of an operation");
  cursor.take_while(is_blank);
  const bool is_reason = cursor.peek() == ':';
  set(builder, cursor, is_reason ? "error" : "value", "the operation's value, or nil");
  cursor.take_while(is_blank);
  Event event = builder.finish(cursor, event_at);
  if (!cursor.at_end() && event.process != nemesis_process) cursor.fail("the end of the line");
  event.index = index;
  return event;
}

}  // namespace

HistoryFile read_jepsen_log(std::string_view text, const std::string& file_name) {
  HistoryFile file{.events = {}, .format = "Jepsen's text log"};
  std::size_t passed_over = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    Cursor cursor(text.substr(0, end), file_name);
    cursor.jump(begin);
    cursor.take_while(is_blank);
    begin = end + 1;
    if (cursor.at_end()) continue;
    if (take_prefix(cursor)) {
      file.events.push_back(parse_event(cursor, file.events.size()));
    } else {
      ++passed_over;
    }
  }
  if (passed_over > 0) {
    file.warnings.push_back(
        fmt::format("{}: {} lines of other loggers than {} were passed over", file_name, passed_over, logger));
  }
  return file;
}

}  // namespace ordeal::checker
