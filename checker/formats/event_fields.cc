#include "checker/formats/event_fields.h"

#include <fmt/format.h>

#include <array>

namespace ordeal::checker {
namespace {

constexpr std::array<std::string_view, 4> type_names = {"invoke", "ok", "fail", "info"};

// A string as it is, anything else as its text; nil is empty.
std::string as_text(const Value& value) {
  if (value.is_nil()) return "";
  if (const std::string* text = value.get_if<std::string>()) return *text;
  return to_string(value);
}

std::int64_t natural(const Value& value, std::string_view field, const Cursor& cursor, std::size_t at) {
  const std::int64_t* number = value.get_if<std::int64_t>();
  if (number == nullptr || *number < 0) {
    cursor.fail_at(at, to_string(value), fmt::format("a whole number from 0 as {}", field));
  }
  return *number;
}

}  // namespace

std::optional<EventType> event_type_named(std::string_view name) {
  for (std::size_t i = 0; i < type_names.size(); ++i) {
    if (type_names[i] == name) return static_cast<EventType>(i);
  }
  return std::nullopt;
}

std::string_view name_of(EventType type) {
  return type_names[static_cast<std::size_t>(type)];
}

bool EventBuilder::set(std::string_view field, Value value, const Cursor& cursor, std::size_t at) {
  const std::string* text = value.get_if<std::string>();
  if (field == "index") {
    event_.index = static_cast<std::uint64_t>(natural(value, field, cursor, at));
    has_index_ = true;
  } else if (field == "time") {
    event_.time = std::chrono::nanoseconds(natural(value, field, cursor, at));
  } else if (field == "process") {
    const bool nemesis = text != nullptr && *text == "nemesis";
    const std::int64_t* number = value.get_if<std::int64_t>();
    if (!nemesis && (number == nullptr || *number < 0)) {
      cursor.fail_at(at, to_string(value), "a process: a whole number from 0, or nemesis");
    }
    event_.process = nemesis ? nemesis_process : *number;
    has_process_ = true;
  } else if (field == "type") {
    const std::optional<EventType> type = text == nullptr ? std::nullopt : event_type_named(*text);
    if (!type) cursor.fail_at(at, to_string(value), "a type: invoke, ok, fail or info");
    event_.type = *type;
    has_type_ = true;
  } else if (field == "f") {
    if (text == nullptr || text->empty()) cursor.fail_at(at, to_string(value), "the name of an operation as f");
    event_.f = *text;
    has_f_ = true;
  } else if (field == "key") {
    if (!value.is_nil()) event_.key = as_text(value);
  } else if (field == "value") {
    event_.value = std::move(value);
  } else if (field == "node") {
    event_.node = as_text(value);
  } else if (field == "error") {
    event_.error = as_text(value);
  } else {
    return false;
  }
  return true;
}

Event EventBuilder::finish(const Cursor& cursor, std::size_t event_at) {
  const std::string_view missing = !has_process_ ? "process" : !has_type_ ? "type" : !has_f_ ? "f" : "";
  if (!missing.empty()) {
    cursor.fail_at(event_at, fmt::format("an event without {}", missing), "each event to have process, type and f");
  }
  return std::move(event_);
}

}  // namespace ordeal::checker
