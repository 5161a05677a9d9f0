#include "nemesis/plan/schedule_text.h"

#include <fmt/format.h>

#include "nemesis/plan/names.h"

namespace ordeal::nemesis {
namespace {

// Of printable ASCII, which is all that a node's name can be.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string target_of(const Selector& selector) {
  if (selector.target != Target::named) return quoted(name_of(selector.target));
  std::string list;
  for (const Node& node : selector.named) list += (list.empty() ? "" : ",") + quoted(node);
  return "[" + list + "]";
}

const Selector& selector_of(const Fault& fault) {
  if (const auto* kill = std::get_if<Kill>(&fault)) return kill->selector;
  if (const auto* stop = std::get_if<Stop>(&fault)) return stop->selector;
  return std::get<Pause>(fault).selector;
}

}  // namespace

std::string to_json_line(const ScheduledFault& fault) {
  const auto* partition = std::get_if<Partition>(&fault.fault);
  const std::string aim = partition != nullptr ? fmt::format("\"kind\":{}", quoted(name_of(partition->kind)))
                                               : fmt::format("\"target\":{}", target_of(selector_of(fault.fault)));
  return fmt::format("{{\"id\":{},\"at\":{},\"lasting\":{},\"f\":\"{}\",{},\"draw\":{}}}", fault.id, fault.at.count(),
                     fault.lasting.count(), kind_of(fault.fault), aim, fault.draw);
}

std::string to_json_lines(const Schedule& schedule) {
  std::string text;
  for (const ScheduledFault& fault : schedule) text += to_json_line(fault) + '\n';
  return text;
}

}  // namespace ordeal::nemesis
