#include "harness/config/event_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/config/units.h"
#include "nemesis/plan/names.h"

namespace ordeal::harness {
namespace {

using nemesis::Event;
using nemesis::EventKind;
using nemesis::Place;

constexpr std::int64_t most_events = 1'000'000;
constexpr std::size_t longest_chain = 8;
// What is held makes the target wait. A term may take two syncs, and counts as durable after 2 s (see slow-disk).
constexpr std::chrono::milliseconds longest_hold{500};

bool has_file(EventKind kind) {
  return kind == EventKind::fsync || kind == EventKind::synced;
}

bool has_place(EventKind kind) {
  return kind == EventKind::line || kind == EventKind::behind || has_file(kind);
}

std::string_view cure_of(EventKind kind) {
  return kind == EventKind::line ? "write {line: TEXT}" : "write a number, such as {elected: 1}";
}

void read_place(const Setting& at, const Room& room, Event& event) {
  if (!has_place(event.kind)) {
    refuse(at, fmt::format("means nothing to {}; leave it out", nemesis::name_of(event.kind)));
  }
  if (const auto place = nemesis::place_named(at.node.text)) {
    event.at = *place;
    return;
  }
  event.at = Place::named;
  event.node = node_of(at, room.nodes);
}

// Control characters would break the schedule's line.
std::string plain_text_of(const Setting& setting) {
  std::string text = text_of(setting);
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
    refuse(setting, "holds a control character; write a part of it without");
  }
  return text;
}

Event event_of(const Setting& setting, const Room& room) {
  std::vector<std::string_view> keys{"at", "file"};
  for (const auto& kind : nemesis::event_kinds()) keys.push_back(kind.name);
  const Section section(setting, keys);
  std::optional<Event> event;
  for (const auto& kind : nemesis::event_kinds()) {
    const auto given = section.find(kind.name);
    if (!given) continue;
    if (event) refuse(*given, "is a second event; write a list of events that come one after the other");
    event = Event{.kind = kind.value};
    if (kind.value == EventKind::line) {
      event->text = plain_text_of(*given);
    } else {
      event->count = whole_number_of(*given, 1, most_events, cure_of(kind.value));
    }
  }
  if (!event) refuse(setting, "names no event; write one such as {elected: 1}; `ordeal list faults` names them");
  if (const auto at = section.find("at")) read_place(*at, room, *event);
  if (const auto file = section.find("file")) {
    if (!has_file(event->kind)) refuse(*file, "is of fsync and synced; leave it out");
    event->text = plain_text_of(*file);
  }
  return *event;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string event_yaml(const Event& event) {
  std::string text = event.kind == EventKind::line ? fmt::format("line: {}", quoted(event.text))
                                                   : fmt::format("{}: {}", nemesis::name_of(event.kind), event.count);
  if (event.at != Place::any) text += ", at: " + nemesis::place_of(event);
  if (has_file(event.kind) && !event.text.empty()) text += ", file: " + quoted(event.text);
  return "{" + text + "}";
}

}  // namespace

std::vector<std::string_view> trigger_settings() {
  return {"when", "hold", "within"};
}

std::optional<nemesis::Trigger> read_trigger(const Section& section, const Room& room) {
  const auto when = section.find("when");
  const auto hold = section.find("hold"), within = section.find("within");
  if (!when) {
    for (const auto& alone : {hold, within}) {
      if (alone) refuse(*alone, "is of a fault that waits for an event; write when: {elected: 1} as well");
    }
    return std::nullopt;
  }
  nemesis::Trigger trigger;
  if (when->node.kind == Node::Kind::list) {
    for (const Setting& item : items_of(*when, "[{elected: 1}, {append: 2}]")) {
      trigger.events.push_back(event_of(item, room));
    }
  } else {
    trigger.events.push_back(event_of(*when, room));
  }
  if (trigger.events.size() > longest_chain) {
    refuse(*when, fmt::format("holds more than {} events; leave some out", longest_chain));
  }
  if (hold) trigger.hold = duration_of(*hold);
  if (trigger.hold > longest_hold) {
    refuse(*hold,
           fmt::format("is longer than {}, for which a target may wait; write less", plan_duration(longest_hold)));
  }
  if (within) trigger.within = duration_of(*within);
  if (trigger.within > room.duration) {
    if (within) refuse(*within, fmt::format("is longer than the run ({}); write less", plan_duration(room.duration)));
    trigger.within = room.duration;
  }
  return trigger;
}

std::string trigger_yaml(const nemesis::Trigger& trigger) {
  std::string events;
  for (const Event& event : trigger.events) events += (events.empty() ? "" : ", ") + event_yaml(event);
  std::string text = fmt::format("when: [{}]", events);
  if (trigger.hold.count() > 0) text += fmt::format(", hold: {}", plan_duration(trigger.hold));
  return text + fmt::format(", within: {}", plan_duration(trigger.within));
}

}  // namespace ordeal::harness
