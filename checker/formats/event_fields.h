// From the fields of an event, as a format gives them, to an Event: the rules that all formats share.  Pure; any
// thread.

#pragma once

#include <optional>
#include <string_view>

#include "checker/event.h"
#include "checker/formats/cursor.h"

namespace ordeal::checker {

std::optional<EventType> event_type_named(std::string_view name);  // "invoke", "ok", "fail", "info"
std::string_view name_of(EventType type);

// One event while its fields arrive, in any order. Where a field's value stands in the text is only for messages.
class EventBuilder {
 public:
  // False: the field is unknown. Throws FormatError when the value cannot be that field's.
  bool set(std::string_view field, Value value, const Cursor& cursor, std::size_t value_at);
  bool has_index() const { return has_index_; }
  // Throws FormatError when process, type or f is missing.
  Event finish(const Cursor& cursor, std::size_t event_at);

 private:
  Event event_;
  bool has_index_ = false, has_process_ = false, has_type_ = false, has_f_ = false;
};

}  // namespace ordeal::checker
