#include "harness/report/fault_spans.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "harness/report/operations.h"
#include "harness/report/terminal_text.h"

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::Value;

std::string text_of(const Value& value) {
  const auto* text = value.get_if<std::string>();
  return text != nullptr ? printable(*text) : value_text(value);
}

std::string field_text(const Value& map, const std::string& field) {
  const Value* value = map.find(field);
  return value == nullptr || value->is_nil() ? "" : text_of(*value);
}

std::string joined(const Value& list, const std::string& separator) {
  const auto* elements = list.get_if<checker::List>();
  if (elements == nullptr) return text_of(list);
  std::string text;
  for (const Value& element : *elements) text += (text.empty() ? "" : separator) + text_of(element);
  return text;
}

// Nodes with the same grudge stand together: {n1: [n3], n2: [n3], n3: [n1, n2]} reads "n1 n2 | n3".
std::string grudge_text(const checker::Map& rows) {
  std::vector<std::pair<std::string, std::string>> groups;  // who, and whom they do not hear
  for (const checker::Field& row : rows) {
    const std::string unheard = joined(row.second, " ");
    if (unheard.empty()) continue;
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.second == unheard; });
    if (group == groups.end()) {
      groups.emplace_back(printable(row.first), unheard);
    } else {
      group->first += " " + printable(row.first);
    }
  }
  const bool apart = groups.size() == 2 && groups[0].first == groups[1].second && groups[1].first == groups[0].second;
  if (apart) return groups[0].first + " | " + groups[1].first;
  std::string text;
  for (const auto& [who, unheard] : groups) text += (text.empty() ? "" : "; ") + who + " ⊘ " + unheard;
  return text;
}

// {n2: [n1, clients]} reads "n1 clients > n2".
std::string links_text(const checker::Map& rows) {
  std::string text;
  for (const checker::Field& row : rows) {
    text += (text.empty() ? "" : "; ") + joined(row.second, " ") + " > " + printable(row.first);
  }
  return text;
}

std::string struck_text(const Value& value) {
  if (const Value* nodes = value.find("nodes"); nodes != nullptr && !nodes->is_nil()) return joined(*nodes, ", ");
  const Value* links = value.find("links");
  if (const auto* rows = links == nullptr ? nullptr : links->get_if<checker::Map>()) return links_text(*rows);
  const Value* grudge = value.find("grudge");
  const auto* rows = grudge == nullptr ? nullptr : grudge->get_if<checker::Map>();
  return rows == nullptr ? "" : grudge_text(*rows);
}

std::string evidence_text(const Value& value) {
  const Value* evidence = value.find("evidence");
  const auto* counts = evidence == nullptr ? nullptr : evidence->get_if<checker::Map>();
  if (counts == nullptr) return "";
  std::string text;
  for (const checker::Field& count : *counts) {
    text += (text.empty() ? "" : ", ") + printable(count.first) + " " + text_of(count.second);
  }
  return text;
}

// What one event of a fault says; an event that is silent on something leaves it as it was.
void learn(FaultSpan& span, const Value& value) {
  if (const std::string fault = field_text(value, "fault"); !fault.empty()) span.fault = fault;
  if (const std::string struck = struck_text(value); !struck.empty()) span.struck = struck;
  if (const std::string evidence = evidence_text(value); !evidence.empty()) span.evidence = evidence;
  if (const std::string note = field_text(value, "note"); !note.empty()) span.note = note;
  const Value* effect = value.find("effect");
  const bool* seen = effect == nullptr ? nullptr : effect->get_if<bool>();
  if (seen != nullptr) span.effect = *seen;
}

}  // namespace

void FaultSpans::observe(const Event& event) {
  if (event.process != checker::nemesis_process) return;
  const Value* id_field = event.value.find("id");
  const auto* id = id_field == nullptr ? nullptr : id_field->get_if<std::int64_t>();
  if (id == nullptr) return;
  const std::string phase = field_text(event.value, "phase");
  if (phase == "injected") {
    active_[*id] = spans_.size();
    FaultSpan& span = spans_.emplace_back();
    span.id = *id;
    span.kind = span.fault = printable(event.f);
    span.injected = event.time;
    learn(span, event.value);
  } else if (const auto span = active_.find(*id); phase == "healed" && span != active_.end()) {
    learn(spans_[span->second], event.value);
    spans_[span->second].healed = event.time;
    active_.erase(span);
  }
}

std::vector<FaultSpan> fault_spans(const checker::History& history) {
  FaultSpans spans;
  for (const Event& event : history) spans.observe(event);
  return spans.spans();
}

std::string active_faults(const std::vector<FaultSpan>& spans, std::chrono::nanoseconds from,
                          std::chrono::nanoseconds to) {
  std::string text;
  for (const FaultSpan& span : spans) {
    if (span.injected > to || (span.healed.has_value() && *span.healed < from)) continue;
    text += (text.empty() ? "" : ", ") + span.fault + (span.struck.empty() ? "" : " (" + span.struck + ")");
    if (!span.effect) text += " without effect";
  }
  return text;
}

}  // namespace ordeal::harness
