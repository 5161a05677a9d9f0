#include "checker/formats/edn_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include "checker/formats/event_fields.h"
#include "checker/formats/json_lines.h"

namespace ordeal::checker {
namespace {

// Reads back as it was: begins with a letter, and holds nothing that ends a keyword.
bool is_keyword(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '?' || c == '!';
  });
}

struct EdnWriter {
  std::string& out;

  void operator()(Nil) const { out += "nil"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { fmt::format_to(std::back_inserter(out), "{}", value); }
  void operator()(double value) const {
    if (!std::isfinite(value)) return (*this)(Nil());
    const std::string text = fmt::format("{}", value);
    out += text;
    if (text.find_first_of(".e") == std::string::npos) out += ".0";
  }
  void operator()(const std::string& value) const { write_json_string(out, value); }  // EDN has the same escapes
  void operator()(const List& list) const {
    out += '[';
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out += ' ';
      write(list[i]);
    }
    out += ']';
  }
  void operator()(const Map& map) const {
    out += '{';
    for (std::size_t i = 0; i < map.size(); ++i) {
      if (i > 0) out += ", ";
      (*this)(map[i].first);
      out += ' ';
      write(map[i].second);
    }
    out += '}';
  }
  void write(const Value& value) const { std::visit(*this, value.variant()); }

  void write_name(const std::string& name) const {
    if (!is_keyword(name)) return (*this)(name);
    out += ':';
    out += name;
  }

  void write_transaction(const List& operations) const {
    out += '[';
    for (std::size_t i = 0; i < operations.size(); ++i) {
      if (i > 0) out += ' ';
      const List* parts = operations[i].get_if<List>();
      const std::string* f = parts == nullptr || parts->empty() ? nullptr : parts->front().get_if<std::string>();
      if (f == nullptr) {
        write(operations[i]);
        continue;
      }
      out += '[';
      write_name(*f);
      for (std::size_t part = 1; part < parts->size(); ++part) {
        out += ' ';
        write((*parts)[part]);
      }
      out += ']';
    }
    out += ']';
  }
};

}  // namespace

std::string write_edn_line(const Event& event) {
  std::string out;
  const EdnWriter writer{out};
  fmt::format_to(std::back_inserter(out), "{{:index {}, :time {}, :process ", event.index, event.time.count());
  if (event.process == nemesis_process) {
    out += ":nemesis";
  } else {
    writer(event.process);
  }
  fmt::format_to(std::back_inserter(out), ", :type :{}, :f ", name_of(event.type));
  writer.write_name(event.f);
  out += ", :value ";
  const List* transaction = event.f == "txn" ? event.value.get_if<List>() : nullptr;
  if (event.key) {
    out += '[';
    writer(*event.key);
    out += ' ';
  }
  if (transaction != nullptr) {
    writer.write_transaction(*transaction);
  } else {
    writer.write(event.value);
  }
  if (event.key) out += "], :independent true";
  if (!event.node.empty()) {
    out += ", :node ";
    writer(event.node);
  }
  if (!event.error.empty()) {
    out += ", :error ";
    writer.write_name(event.error);
  }
  return out + '}';
}

}  // namespace ordeal::checker
