// A small history as the checker reads it.

#include <fmt/format.h>

#include <algorithm>

#include "checker/formats/json_lines.h"
#include "checker/fuzz/small_history.h"
#include "checker/models/model.h"
#include "checker/testing/generator.h"

namespace ordeal::checker {
namespace {

Value value_of(ModelName model, std::uint64_t code) {
  if (model == ModelName::kv_append) {
    std::string text;
    for (; code > 0; code >>= 4) text.insert(text.begin(), static_cast<char>('a' + (code & 15) - 1));
    return text;
  }
  if (model == ModelName::list_append) {
    List list;
    for (; code > 0; code >>= 4) list.emplace_back(static_cast<std::int64_t>(code & 15));
    std::reverse(list.begin(), list.end());
    return list;
  }
  if (code == 0) return {};
  return static_cast<std::int64_t>(code) - 1;
}

Verb verb_of(const SmallHistory& history, SmallKind kind) {
  const bool usual_get = history.model == ModelName::kv || history.model == ModelName::kv_append ||
                         history.model == ModelName::kv_revisions;
  const bool has_both = history.model == ModelName::kv || history.model == ModelName::list_append ||
                        history.model == ModelName::kv_revisions;
  const bool get = has_both ? usual_get != history.other_names : usual_get;
  switch (kind) {
    case SmallKind::read:
      return get ? verb::get : verb::read;
    case SmallKind::write:
      return get ? verb::put : verb::write;
    case SmallKind::cas:
      return verb::cas;
    case SmallKind::remove:
      return verb::remove;
    case SmallKind::append:
      return verb::append;
    case SmallKind::acquire:
      return verb::acquire;
    case SmallKind::release:
      return verb::release;
    case SmallKind::transaction:
      return verb::txn;
  }
  return verb::read;
}

Value transaction_value(const SmallHistory& history, const SmallOperation& operation, bool answered) {
  List list;
  for (const SmallAccess& access : operation.accesses) {
    const bool says = access.writes || answered;
    list.push_back(List{access.writes ? "write" : "read", access.at == 0 ? "x" : "y",
                        says ? value_of(history.model, access.code) : Value()});
  }
  return list;
}

// What a store with revisions answers; nothing when that would say nothing.
Value revisions_value(const SmallHistory& history, const SmallOperation& operation) {
  Map map;
  if (operation.kind == SmallKind::read) map.emplace_back("value", value_of(history.model, operation.result));
  if (operation.kind == SmallKind::read && operation.mod_revision != SmallOperation::unsaid) {
    map.emplace_back("mod_revision", operation.mod_revision);
  }
  if (operation.revision != SmallOperation::unsaid) map.emplace_back("revision", operation.revision);
  return map.empty() ? Value() : Value(map);
}

// What the call carries, or, with `answered`, an ok completion.
void set_value(const SmallHistory& history, const SmallOperation& operation, bool answered, Vocabulary& words,
               CompactEvent& event) {
  const ModelName model = history.model;
  switch (operation.kind) {
    case SmallKind::read:
      if (answered) event.value = words.atom(value_of(model, operation.result));
      break;
    case SmallKind::append:
      event.value = words.atom(model == ModelName::list_append ? Value(static_cast<std::int64_t>(operation.argument))
                                                               : value_of(model, operation.argument));
      break;
    case SmallKind::cas:
      event.second = words.atom(value_of(model, operation.second));
      [[fallthrough]];
    case SmallKind::write:
      event.value = words.atom(value_of(model, operation.argument));
      break;
    case SmallKind::acquire:
    case SmallKind::release:
      if (model == ModelName::owned_mutex && !operation.own_name) {
        event.value = words.atom(static_cast<std::int64_t>(operation.argument) - 1);
      }
      break;
    case SmallKind::transaction:
      event.value = words.atom(transaction_value(history, operation, answered));
      break;
    case SmallKind::remove:
      break;
  }
}

Value initial_of(const SmallHistory& history) {
  switch (history.model) {
    case ModelName::mutex:
      return history.initial == 0 ? Value() : Value("held");
    case ModelName::multi_register:
      return value_of(history.model, history.initial & 0xff);
    case ModelName::kv_revisions:
      return static_cast<std::int64_t>(history.initial);
    default:
      return value_of(history.model, history.initial);
  }
}

}  // namespace

LinearizableOptions options_of(const SmallHistory& history) {
  LinearizableOptions options;
  options.model = history.model;
  options.initial = initial_of(history);
  options.failed_cas = history.failed_cas;
  options.nil_reads_say_nothing = history.nil_reads_say_nothing;
  return options;
}

void append_compact(const SmallHistory& history, Vocabulary& words, std::vector<CompactEvent>& events) {
  for (const std::uint8_t place : history.order) {
    const SmallOperation& operation = history.operations[place / 2U];
    const bool returns = place % 2U == 1;
    CompactEvent event{.index = events.size(),
                       .process = operation.process,
                       .f = verb_of(history, operation.kind),
                       .type = returns ? operation.outcome : EventType::invoke,
                       .mismatch = returns && operation.mismatch};
    if (history.model == ModelName::kv_revisions) event.key = words.key(operation.at == 0 ? "x" : "y");
    const bool certain = returns && operation.outcome != EventType::info;
    if (certain && history.model == ModelName::kv_revisions) {
      event.value = words.atom(revisions_value(history, operation));
    } else {
      set_value(history, operation, returns && operation.outcome == EventType::ok, words, event);
    }
    events.push_back(event);
  }
}

std::string json_lines(const SmallHistory& history) {
  Vocabulary words;
  std::vector<CompactEvent> events;
  append_compact(history, words, events);
  std::string text;
  for (const CompactEvent& event : events) text += write_json_line(full_event(event, words)) + "\n";
  return text;
}

std::string check_options(const SmallHistory& history) {
  constexpr const char* failed_cas[] = {"by-error", "observes", "ignored"};
  return fmt::format("--model {} --initial '{}' --failed-cas {}{}", to_string(history.model),
                     to_string(initial_of(history)), failed_cas[static_cast<int>(history.failed_cas)],
                     history.nil_reads_say_nothing ? " (and reads of nil say nothing)" : "");
}

}  // namespace ordeal::checker
