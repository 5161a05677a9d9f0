#include "harness/config/target_variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <optional>

#include "harness/config/plain_text.h"
#include "harness/config/suggestion.h"

namespace ordeal::harness {

const Allowed of_node{
    {"node", "id", "ip", "data", "folder", "members", "binary", "first.node", "first.ip", "nodes:...", "peers:..."},
    true};
const Allowed of_no_node{{}, false};
const Allowed of_node_and_member{{"node", "id", "ip", "data", "folder", "members", "binary", "first.node", "first.ip",
                                  "member.node", "member.id", "member.ip", "nodes:...", "peers:..."},
                                 true};
const Allowed of_member_template{{"node", "id", "ip", "data", "binary"}, false};

namespace {

// ${nodes lines:{ip}:80}: whose, how they are joined, and what is written for each.
struct NodeList {
  bool others_only = false;
  bool as_words = false;
  std::string_view separator = ",";
  std::string_view format;
};

std::optional<NodeList> node_list_in(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view head = name.substr(0, colon);
  NodeList list;
  list.format = name.substr(colon + 1);
  for (const std::string_view who : {"nodes", "peers"}) {
    list.others_only = who == "peers";
    if (head == who) return list;
    if (!head.starts_with(who)) continue;
    const std::string_view how = head.substr(who.size());
    list.as_words = how == " words";
    list.separator = how == " lines" ? "\n" : " ";
    if (list.as_words || how == " lines") return list;
  }
  return std::nullopt;
}

// Where the } is that closes the ${ before `text`; braces in between come in pairs.
std::size_t closing_brace(std::string_view text) {
  int open = 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') ++open;
    if (text[at] == '}' && --open == 0) return at;
  }
  return std::string_view::npos;
}

// The text with each variable between `opening` and } replaced by what `value` says. `value` is asked for every name,
// also an unknown one; `unclosed` is told of an opening without its }.
template <typename Value, typename Unclosed>
std::string replace_variables(std::string_view text, std::string_view opening, Value value, Unclosed unclosed) {
  std::string result;
  for (;;) {
    const std::size_t begin = text.find(opening);
    result += text.substr(0, begin);
    if (begin == std::string_view::npos) return result;
    text.remove_prefix(begin + opening.size());
    const std::size_t end = closing_brace(text);
    if (end == std::string_view::npos) {
      unclosed();
      return result;
    }
    result += value(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
}

void check_format(const Setting& setting, std::string_view format) {
  const std::vector<std::string_view> known{"node", "id", "ip"};
  const auto check = [&](std::string_view name) {
    if (std::ranges::find(known, name) == known.end()) {
      refuse(setting, fmt::format("unknown {{{}}} in a list of nodes; {}", quotable(name), suggestion(name, known)));
    }
    return "";
  };
  replace_variables(format, "{", check, [] { assert(false && "closing_brace() counts them"); });
}

std::string text_for(std::string_view format, const MemberVariables& member) {
  const auto value = [&](std::string_view name) {
    assert(name == "node" || name == "id" || name == "ip");
    return name == "node" ? member.node : name == "id" ? member.id : member.ip;
  };
  return replace_variables(format, "{", value, [] {});
}

std::vector<std::string> texts_of(const NodeList& list, const NodeVariables& variables) {
  std::vector<std::string> texts;
  for (const MemberVariables& member : variables.cluster) {
    if (!list.others_only || member.node != variables.node) texts.push_back(text_for(list.format, member));
  }
  return texts;
}

std::string joined(const NodeList& list, const NodeVariables& variables) {
  std::string text;
  for (const std::string& one : texts_of(list, variables)) {
    if (!text.empty()) text += list.separator;
    text += one;
  }
  return text;
}

}  // namespace

std::string template_of(const Setting& setting, const Allowed& allowed) {
  std::string text = text_of(setting);
  const auto check = [&](std::string_view name) {
    const std::optional<NodeList> list = allowed.lists ? node_list_in(name) : std::nullopt;
    if (list) check_format(setting, list->format);
    if (!list && std::ranges::find(allowed.names, name) == allowed.names.end()) {
      const std::string cure =
          allowed.names.empty() ? "write it out, it is the same for every node" : suggestion(name, allowed.names);
      refuse(setting, fmt::format("unknown variable ${{{}}}; {}", quotable(name), cure));
    }
    return "";
  };
  replace_variables(text, "${", check, [&] {
    refuse(setting, fmt::format("{} opens a variable with ${{ and does not close it; write it as ${{node}}",
                                described(setting)));
  });
  return text;
}

std::vector<std::string> words_of(const Setting& setting, std::string_view example) {
  std::vector<std::string> words;
  for (const Setting& item : items_of(setting, example)) words.push_back(template_of(item, of_node));
  return words;
}

std::string substitute(std::string_view text, const NodeVariables& variables, const MemberVariables& member) {
  const auto value = [&](std::string_view name) -> std::string {
    if (name == "node") return variables.node;
    if (name == "id") return std::to_string(variables.id);
    if (name == "ip") return variables.ip;
    if (name == "data") return variables.data;
    if (name == "folder") return std::filesystem::path(variables.data).parent_path();
    if (name == "members") return variables.members;
    if (name == "member.node") return member.node;
    if (name == "member.id") return member.id;
    if (name == "member.ip") return member.ip;
    if (name == "first.node") return variables.cluster.empty() ? variables.node : variables.cluster.front().node;
    if (name == "first.ip") return variables.cluster.empty() ? variables.ip : variables.cluster.front().ip;
    if (const auto list = node_list_in(name)) return joined(*list, variables);
    assert(name == "binary" && "template_of() refuses unknown variables");
    return variables.binary;
  };
  return replace_variables(text, "${", value, [] { assert(false && "template_of() refuses a ${ without }"); });
}

std::vector<std::string> substitute(const std::vector<std::string>& words, const NodeVariables& variables) {
  std::vector<std::string> result;
  for (const std::string& word : words) {
    const bool is_one = word.starts_with("${") && closing_brace(word.substr(2)) + 3 == word.size();
    const auto list = is_one ? node_list_in(std::string_view(word).substr(2, word.size() - 3)) : std::nullopt;
    if (list && list->as_words) {
      for (std::string& text : texts_of(*list, variables)) result.push_back(std::move(text));
    } else {
      result.push_back(substitute(word, variables));
    }
  }
  return result;
}

Question substitute(Question question, const NodeVariables& variables) {
  question.request.url = substitute(question.request.url, variables);
  question.request.body = substitute(question.request.body, variables);
  question.address = substitute(question.address, variables);
  question.send = substitute(question.send, variables);
  question.command = substitute(question.command, variables);
  return question;
}

}  // namespace ordeal::harness
