#include "harness/scenario/scope.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/config/nemesis_section.h"
#include "harness/config/suggestion.h"

namespace ordeal::harness {
namespace {

bool is_name(const std::string& name, bool capital) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const char first = capital ? 'A' : 'a';
  return !name.empty() && name[0] >= first && name[0] <= first + 25 && std::ranges::all_of(name, plain);
}

std::string known_text(const std::string& name, const std::set<std::string>& known) {
  if (known.empty()) return "no step before it binds one";
  return suggestion(name, {known.begin(), known.end()});
}

}  // namespace

Scope::Scope(int nodes) : notes_{std::string(now_note)} {
  for (const std::string& node : node_names(nodes)) nodes_.insert(node);
}

void Scope::bind_node(const Setting& setting, const std::string& name) {
  if (!is_name(name, true)) {
    refuse(setting, fmt::format("\"{}\" cannot name a node; begin with a capital letter, such as L", name));
  }
  nodes_.insert(name);
}

void Scope::bind_note(const Setting& setting, const std::string& name) {
  if (!is_name(name, false)) {
    refuse(setting, fmt::format("\"{}\" cannot name a note; write small letters, such as base", name));
  }
  if (name == now_note) refuse(setting, "\"now\" is the time, which nobody notes under its own name; write began: now");
  notes_.insert(name);
}

void Scope::require_node(const Setting& setting, const std::string& name, bool or_clients) const {
  if (nodes_.contains(name) || (or_clients && name == nemesis::clients_name)) return;
  refuse(setting, fmt::format("\"{}\" names no node; {}", name, known_text(name, nodes_)));
}

void Scope::require(const Setting& setting, const Mentioned& mentioned) const {
  for (const std::string& node : mentioned.nodes) require_node(setting, node);
  for (const std::string& note : mentioned.notes) {
    if (!notes_.contains(note)) {
      refuse(setting, fmt::format("\"{}\" was not noted; {}", note, known_text(note, notes_)));
    }
  }
}

void Scope::begin_call(const Setting& setting, const std::string& as, const std::string& by) {
  require_free(setting, by);
  if (!calls_.emplace(as, by).second) {
    refuse(setting, fmt::format("\"{}\" is under way already; wait for its answer first", as));
  }
}

void Scope::end_call(const Setting& setting, const std::string& as) {
  if (calls_.erase(as) > 0) return;
  std::set<std::string> known;
  for (const auto& [name, by] : calls_) known.insert(name);
  refuse(setting, fmt::format("\"{}\" was not sent; {}", as, known_text(as, known)));
}

void Scope::require_free(const Setting& setting, const std::string& by) const {
  for (const auto& [as, busy] : calls_) {
    if (busy != by) continue;
    refuse(setting, fmt::format("client \"{}\" waits for the answer to {}; name another one with by", by, as));
  }
}

void Scope::begin_fault(const Setting& setting, const std::string& as) {
  if (!faults_.insert(as).second) {
    refuse(setting, fmt::format("\"{}\" is under way already; heal it first, or give this one another name", as));
  }
}

void Scope::end_fault(const Setting& setting, const std::string& as) {
  if (faults_.erase(as) > 0) return;
  refuse(setting, fmt::format("\"{}\" is no fault that is under way; {}", as, known_text(as, faults_)));
}

Names names_of(const Setting& setting) {
  if (setting.node.kind == Node::Kind::scalar) return {text_of(setting)};
  Names names;
  for (const Setting& item : items_of(setting, "[F, G]")) names.push_back(text_of(item));
  return names;
}

Names nodes_of(const Setting& setting, const Scope& scope, bool or_clients) {
  Names names = names_of(setting);
  for (const std::string& name : names) scope.require_node(setting, name, or_clients);
  return names;
}

std::string node_of(const Setting& setting, const Scope& scope) {
  std::string name = text_of(setting);
  scope.require_node(setting, name);
  return name;
}

}  // namespace ordeal::harness
