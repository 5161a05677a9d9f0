#include "harness/config/http_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "harness/config/suggestion.h"
#include "workloads/catalogue.h"

namespace ordeal::harness {
namespace {

using Meaning = AnswerPattern::Meaning;
using Names = std::vector<std::string_view>;

constexpr std::string_view encoded = ":base64";

struct MeaningName {
  std::string_view name;
  Meaning meaning;
};
constexpr std::array<MeaningName, 5> meanings{{{"ok", Meaning::ok},
                                               {"fail", Meaning::fail},
                                               {"info", Meaning::info},
                                               {"mismatch", Meaning::mismatch},
                                               {"absent", Meaning::absent}}};

// What belongs to one kind of request.
struct Kind {
  Names keys;       // beside method, url, body, headers and answers
  Names variables;  // it may use
  Names meanings;   // its answers may have
};
const Kind read_kind{{"value", "encoding"}, {"key"}, {"ok", "absent", "fail", "info"}};
const Kind write_kind{{}, {"key", "value"}, {"ok", "fail", "info"}};
const Kind cas_kind{{"version"}, {"key", "value", "expected", "version"}, {"ok", "mismatch", "fail", "info"}};
const Kind cas_absent_kind{{}, {"key", "value"}, {"ok", "mismatch", "fail", "info"}};

// A text whose variables are all in `allowed`; those that it uses are added to `used`.
std::string template_of(const Setting& setting, const Names& allowed, std::set<std::string>& used) {
  const std::string text = text_of(setting);
  for (std::size_t begin = text.find("${"); begin != std::string::npos; begin = text.find("${", begin + 2)) {
    const std::size_t end = text.find('}', begin);
    if (end == std::string::npos) refuse(setting, "opens a variable with ${ and does not close it");
    std::string name = text.substr(begin + 2, end - begin - 2);
    if (name.ends_with(encoded)) name.resize(name.size() - encoded.size());
    if (std::ranges::find(allowed, name) == allowed.end()) {
      const std::string cure =
          allowed.empty() ? "it is the same for every request, write it out" : suggestion(name, allowed);
      refuse(setting, fmt::format("unknown variable ${{{}}}; {}", name, cure));
    }
    used.insert(std::move(name));
  }
  return text;
}

std::string pointer_of(const Setting& setting) {
  std::string pointer = text_of(setting);
  if (!pointer.starts_with('/')) {
    refuse(setting, fmt::format("{} is no JSON pointer; write one such as /node/value", described(setting)));
  }
  return pointer;
}

bool is_yes(const Setting& setting) {
  return one_of(setting, "answer", {"true", "false"}) == "true";
}

AnswerPattern pattern_of(const Setting& setting, const Names& allowed) {
  const Section section(setting, {"is", "status", "text", "field", "equals", "there", "error"});
  AnswerPattern pattern;
  const std::string is = one_of(section.require("is", "write what the answer means, such as fail"), "meaning", allowed);
  pattern.is = std::ranges::find(meanings, is, &MeaningName::name)->meaning;
  if (const auto status = section.find("status")) {
    pattern.status = static_cast<int>(whole_number_of(*status, 100, 599));
  }
  if (const auto text = section.find("text")) pattern.text = text_of(*text);
  const auto equals = section.find("equals"), there = section.find("there");
  if (const auto field = section.find("field")) {
    pattern.field = pointer_of(*field);
    if (equals) pattern.equals = text_of(*equals);
    if (there) pattern.there = is_yes(*there);
    if (equals.has_value() == there.has_value()) {
      refuse(*field, "needs either equals: what it holds, or there: true or false");
    }
  } else if (equals || there) {
    refuse(setting, "has no field to look at; write field: /node/value");
  }
  if (!pattern.status && pattern.text.empty() && pattern.field.empty()) {
    refuse(setting, "fits every answer; write its status, a text of its body, or a field");
  }
  if (const auto error = section.find("error")) {
    pattern.error = text_of(*error);
    if (pattern.is != Meaning::fail && pattern.is != Meaning::info) {
      refuse(*error, fmt::format("is the name of a fail or info, and this is {}", is));
    }
    if (pattern.error == "mismatch") refuse(*error, "is kept for a cas; write is: mismatch there");
  }
  return pattern;
}

std::vector<AnswerPattern> patterns_of(const Setting& setting, const Names& allowed) {
  std::vector<AnswerPattern> patterns;
  for (const Setting& item : items_of(setting, "[{is: fail, status: 503}]")) {
    patterns.push_back(pattern_of(item, allowed));
  }
  return patterns;
}

std::vector<std::pair<std::string, std::string>> headers_of(const Setting& setting, const Names& allowed,
                                                            std::set<std::string>& used) {
  if (setting.node.kind != Node::Kind::map || setting.node.entries.empty()) {
    refuse(setting,
           fmt::format("{} is no map; write names and values, such as Content-Type: text/plain", described(setting)));
  }
  std::vector<std::pair<std::string, std::string>> headers;
  for (const Entry& entry : setting.node.entries) {
    headers.emplace_back(entry.key, template_of({entry.value, setting.path + "." + entry.key}, allowed, used));
  }
  return headers;
}

// What all requests have in common.
struct Common {
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<AnswerPattern> answers;
};

HttpTemplate template_of(const Setting& setting, const Kind& kind, const Common& common) {
  Names keys{"method", "url", "body", "headers", "answers"};
  keys.insert(keys.end(), kind.keys.begin(), kind.keys.end());
  const Section section(setting, keys);
  HttpTemplate request;
  std::set<std::string> used;
  Names variables = kind.variables;
  if (const auto version = section.find("version")) request.version = pointer_of(*version);
  if (request.version.empty()) std::erase(variables, "version");
  if (const auto method = section.find("method")) {
    request.method = one_of(*method, "method", {"GET", "POST", "PUT", "DELETE"});
  }
  const Setting url = section.require("url", "write the path below the endpoint, such as /kv/${key}");
  request.url = template_of(url, variables, used);
  if (!request.url.starts_with('/')) refuse(url, "is no path below the endpoint; write one such as /kv/${key}");
  if (const auto body = section.find("body")) request.body = template_of(*body, variables, used);
  request.headers = common.headers;
  if (const auto own = section.find("headers")) {
    for (auto& header : headers_of(*own, variables, used)) request.headers.push_back(std::move(header));
  }
  if (const auto answers = section.find("answers")) request.answers = patterns_of(*answers, kind.meanings);
  request.answers.insert(request.answers.end(), common.answers.begin(), common.answers.end());
  if (const auto value = section.find("value")) request.value = pointer_of(*value);
  if (const auto encoding = section.find("encoding")) {
    request.base64 = one_of(*encoding, "encoding", {"base64", "plain"}) == "base64";
  }
  for (const std::string_view needed : {"key", "value"}) {
    if (std::ranges::find(variables, needed) == variables.end() || used.contains(std::string(needed))) continue;
    refuse(setting, fmt::format("nowhere uses ${{{}}}; write it into its url or body", needed));
  }
  if (std::ranges::find(variables, "expected") != variables.end() && !used.contains("expected") &&
      !used.contains("version")) {
    refuse(setting, "nowhere uses ${expected}, nor ${version} of a read before it; write one into its url or body");
  }
  return request;
}

HttpTemplate read_of(const Setting& setting, const Common& common) {
  HttpTemplate read = template_of(setting, read_kind, common);
  if (read.value.empty()) {
    refuse(setting, "does not say where the value is; write value: and a JSON pointer into the answer");
  }
  return read;
}

HttpTemplate cas_of(const Setting& setting, const Kind& kind, const Common& common) {
  HttpTemplate cas = template_of(setting, kind, common);
  const auto is_mismatch = [](const AnswerPattern& pattern) { return pattern.is == Meaning::mismatch; };
  if (std::ranges::none_of(cas.answers, is_mismatch)) {
    refuse(setting, "does not say which answer is a mismatch; write answers: [{is: mismatch, status: 412}]");
  }
  return cas;
}

}  // namespace

HttpTemplates http_templates_of(const Setting& setting) {
  Names keys{"headers", "answers", "read", "write", "cas", "cas-absent"};
  std::vector<std::string> of_modes;
  for (const std::string& mode : workloads::read_modes()) {
    if (mode != "linearizable") of_modes.push_back("read-" + mode);
  }
  keys.insert(keys.end(), of_modes.begin(), of_modes.end());
  const Section section(setting, keys);
  Common common;
  std::set<std::string> unused;
  if (const auto headers = section.find("headers")) common.headers = headers_of(*headers, {}, unused);
  if (const auto answers = section.find("answers")) common.answers = patterns_of(*answers, write_kind.meanings);
  HttpTemplates templates;
  templates.reads["linearizable"] = read_of(
      section.require("read", "write the request that reads a key, and is never answered with an old value"), common);
  for (const std::string& key : of_modes) {
    if (const auto read = section.find(key)) templates.reads[key.substr(5)] = read_of(*read, common);
  }
  templates.write =
      template_of(section.require("write", "write the request that sets a key, whatever it held"), write_kind, common);
  if (const auto cas = section.find("cas")) {
    templates.cas = cas_of(*cas, cas_kind, common);
    templates.cas_absent =
        cas_of(section.require("cas-absent", "write the request that sets a key only when it is not there"),
               cas_absent_kind, common);
  } else if (const auto absent = section.find("cas-absent")) {
    refuse(*absent, "stands without cas; write both or none");
  }
  return templates;
}

}  // namespace ordeal::harness
