#include "harness/config/question_section.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "harness/config/plain_text.h"

namespace ordeal::harness {
namespace {

using Keys = std::vector<std::string_view>;

// The keys of a question, and those that stand beside it.
Keys with_question_keys(const Keys& others) {
  Keys keys{"http", "method", "body", "tcp", "send", "command"};
  keys.insert(keys.end(), others.begin(), others.end());
  return keys;
}

std::string address_of(const Setting& setting) {
  std::string address = template_of(setting, of_node);
  if (address.find(':') == std::string::npos || address.ends_with(':')) {
    refuse(setting, fmt::format("{} is no address; write one such as ${{ip}}:2181", described(setting)));
  }
  return address;
}

// What is said of the keys that belong to another way of asking.
void refuse_keys_of_others(const Section& section, Question::Way way) {
  struct Owned {
    std::string_view key;
    Question::Way owner;
    std::string_view of;
  };
  using enum Question::Way;
  for (const Owned& one : std::initializer_list<Owned>{{"http", http, "http"},
                                                       {"method", http, "http"},
                                                       {"body", http, "http"},
                                                       {"status", http, "http"},
                                                       {"tcp", tcp, "tcp"},
                                                       {"send", tcp, "tcp"},
                                                       {"command", command, "command"}}) {
    const auto found = section.find(one.key);
    if (!found || one.owner == way) continue;
    const std::string_view instead = way == http ? "http" : way == tcp ? "tcp" : "command";
    refuse(*found, one.key == one.of
                       ? fmt::format("asks a second time, beside {}; leave one of them out", instead)
                       : fmt::format("belongs to {}, and this asks by {}; leave it out", one.of, instead));
  }
}

Question question_of(const Section& section, std::string_view missing, std::string_view default_method) {
  Question question;
  if (const auto tcp = section.find("tcp")) {
    question.way = Question::Way::tcp;
    question.address = address_of(*tcp);
    if (const auto send = section.find("send")) question.send = template_of(*send, of_node);
  } else if (const auto command = section.find("command")) {
    question.way = Question::Way::command;
    question.command = words_of(*command, "[sh, -c, \"...\"]");
  } else {
    section.require("http", missing);
    question.request = request_of(section, default_method, of_node);
  }
  refuse_keys_of_others(section, question.way);
  return question;
}

void require_pattern(const Setting& setting, const std::string& pattern) {
  const re2::RE2 compiled(pattern, re2::RE2::Quiet);
  if (compiled.ok()) return;
  refuse(setting, fmt::format("{} is no regular expression: {}; mend it, or escape its signs with a backslash",
                              described(setting), quotable(compiled.error())));
}

int status_of(const Section& section, int otherwise) {
  const auto status = section.find("status");
  return status ? static_cast<int>(whole_number_of(*status, 100, 599)) : otherwise;
}

std::string matches_of(const Section& section) {
  const auto matches = section.find("matches");
  return matches ? pattern_of(*matches) : "";
}

SetupStep step_of(const Setting& setting) {
  const Section section(setting, with_question_keys({"when", "at", "status", "matches", "within"}));
  SetupStep step;
  if (const auto when = section.find("when")) {
    const std::string word = one_of(*when, "moment", {"before-start", "first-ready", "all-ready"});
    step.when = word == "before-start"  ? SetupStep::When::before_start
                : word == "first-ready" ? SetupStep::When::first_ready
                                        : SetupStep::When::all_ready;
  }
  const bool before_start = step.when == SetupStep::When::before_start;
  step.at_each = before_start;
  step.question = question_of(section, "write a request (http), an exchange (tcp) or a command", "POST");
  if (before_start && step.question.way != Question::Way::command) {
    refuse(setting, "before-start takes a command, since no node answers yet; write one, or another moment");
  }
  if (const auto at = section.find("at")) {
    const bool at_each = one_of(*at, "choice of nodes", {"first", "each"}) == "each";
    if (before_start && !at_each) {
      refuse(*at, "first does not go with before-start, which every node has for itself; leave it out");
    }
    if (step.when == SetupStep::When::first_ready && at_each) {
      refuse(*at, "each does not go with first-ready, when only the first node runs; leave it out");
    }
    step.at_each = at_each;
  }
  step.status = status_of(section, 0);
  step.matches = matches_of(section);
  if (const auto within = section.find("within")) step.within = duration_of(*within);
  return step;
}

// Nothing outside the node's own folder is written: it would outlive the run.
std::string file_path_of(const Entry& entry, const std::string& path) {
  const Node key{.kind = Node::Kind::scalar, .place = entry.place, .text = entry.key, .quoted = true};
  const Setting setting{key, path};
  const std::string text = template_of(setting, of_node);
  const bool inside = text.starts_with("${data}/") || text.starts_with("${folder}/") || text.front() != '/';
  const bool climbs = std::ranges::any_of(std::filesystem::path(text), [](const auto& part) { return part == ".."; });
  if (!inside || climbs || text.ends_with('/')) {
    refuse(entry.place, path,
           fmt::format("\"{}\" is not inside the node's folder; write a path such as ${{data}}/zoo.cfg",
                       quotable(entry.key)));
  }
  return text;
}

}  // namespace

std::string url_of(const Setting& setting, const Allowed& allowed) {
  std::string url = template_of(setting, allowed);
  if (!url.starts_with("http://") || url.size() == std::string_view("http://").size()) {
    refuse(setting,
           fmt::format("{} is not an HTTP address; write one such as http://${{ip}}:8100/status", described(setting)));
  }
  return url;
}

RequestTemplate request_of(const Section& section, std::string_view default_method, const Allowed& allowed) {
  RequestTemplate request{.method = std::string(default_method), .url = {}};
  request.url = url_of(section.require("http", "write the address to which it is sent, of the leader ${ip}"), allowed);
  if (const auto method = section.find("method")) {
    request.method = one_of(*method, "method", {"GET", "POST", "PUT", "DELETE"});
  }
  if (const auto body = section.find("body")) request.body = template_of(*body, allowed);
  return request;
}

std::string pattern_of(const Setting& setting) {
  const std::string pattern = template_of(setting, of_node);
  const NodeVariables example{.node = "n1", .id = 1, .ip = "10.77.0.1", .data = "/d", .members = "m", .binary = "b"};
  require_pattern(setting, substitute(pattern, example));
  return pattern;
}

std::string line_pattern_of(const Setting& setting) {
  const std::string pattern = text_of(setting);
  require_pattern(setting, pattern);
  return pattern;
}

ReadySection ready_of(const Setting& setting) {
  const Section section(setting, with_question_keys({"status", "matches", "within"}));
  ReadySection ready;
  ready.probe.question =
      question_of(section, "write the address that answers when a node is ready, or ask by tcp or command", "GET");
  ready.probe.status = status_of(section, 200);
  ready.probe.matches = matches_of(section);
  if (const auto within = section.find("within")) ready.within = duration_of(*within);
  return ready;
}

LeaderProbe leader_of(const Setting& setting) {
  const Section section(setting, with_question_keys({"field", "equals", "equals-field", "term", "matches"}));
  LeaderProbe probe;
  probe.question =
      question_of(section, "write the address that says whether a node leads, or ask by tcp or command", "GET");
  probe.matches = matches_of(section);
  if (!probe.matches.empty()) {
    for (const std::string_view key : {"field", "equals", "equals-field", "term"}) {
      if (const auto found = section.find(key)) {
        refuse(*found, "stands beside matches, which says it all; leave one of them out");
      }
    }
    return probe;
  }
  probe.field = text_of(section.require(
      "field", "write the field of the answer that says it, such as role, or `matches` with a regular expression"));
  if (const auto other = section.find("equals-field")) {
    probe.equals_field = text_of(*other);
    if (const auto equals = section.find("equals"))
      refuse(*equals, "stands beside equals-field; leave one of them out");
  } else {
    probe.equals = template_of(section.require("equals", "write what that field holds in a leader's answer"), of_node);
  }
  probe.term_field = text_of(section.require("term", "write the field of the answer that holds the term"));
  return probe;
}

std::vector<SetupStep> setup_of(const Setting& setting) {
  std::vector<SetupStep> steps;
  for (const Setting& item : items_of(setting, "[{command: [\"${binary}\", init]}]")) steps.push_back(step_of(item));
  return steps;
}

std::vector<NodeFile> files_of(const Setting& setting) {
  if (setting.node.kind != Node::Kind::map || setting.node.entries.empty()) {
    refuse(setting, fmt::format("{} is no map; write paths and contents, such as \"${{data}}/myid\": \"${{id}}\"",
                                described(setting)));
  }
  std::vector<NodeFile> files;
  for (const Entry& entry : setting.node.entries) {
    const Setting value{entry.value, setting.path + "." + quotable(entry.key)};
    NodeFile file{.path = file_path_of(entry, value.path), .text = {}};
    if (entry.value.kind == Node::Kind::map) {
      const Section section(value, {"text", "each-start"});
      file.text = template_of(section.require("text", "write what the file holds"), of_node);
      if (const auto each = section.find("each-start")) {
        file.each_start = one_of(*each, "answer", {"true", "false"}) == "true";
      }
    } else {
      file.text = template_of(value, of_node);
    }
    files.push_back(std::move(file));
  }
  return files;
}

VersionProbe version_of(const Setting& setting) {
  const Section section(setting, {"command", "pattern", "at-least"});
  VersionProbe version;
  for (const Setting& item :
       items_of(section.require("command", "write how it tells its version"), "[\"${binary}\", --version]")) {
    static const Allowed of_program{{"binary"}, false};
    version.command.push_back(template_of(item, of_program));
  }
  const Setting pattern = section.require("pattern", "write where in its answer the version is: \"version (\\\\S+)\"");
  version.pattern = pattern_of(pattern);
  if (re2::RE2(version.pattern, re2::RE2::Quiet).NumberOfCapturingGroups() < 1) {
    refuse(pattern, "has no group; put what is the version into parentheses");
  }
  const Setting least = section.require("at-least", "write the oldest version that is fit, such as 3.4");
  version.at_least = text_of(least);
  const bool numbers = std::ranges::all_of(version.at_least, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  if (!numbers || version.at_least.front() == '.' || version.at_least.back() == '.') {
    refuse(least,
           fmt::format("{} is no version; write numbers with points between them, such as 3.4.1", described(least)));
  }
  return version;
}

}  // namespace ordeal::harness
