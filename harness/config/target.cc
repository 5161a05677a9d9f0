#include "harness/config/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "harness/config/adapter_section.h"
#include "harness/config/config_error.h"
#include "harness/config/input_file.h"
#include "harness/config/plain_text.h"
#include "harness/config/reader.h"
#include "harness/config/suggestion.h"
#include "nemesis/plan/names.h"

namespace ordeal::harness {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string_view>;

const Names all_variables{"node", "id", "ip", "data", "members", "binary"};
const Names of_no_node;
const Names of_node_and_member{"node",   "id",          "ip",        "data",     "members",
                               "binary", "member.node", "member.id", "member.ip"};
const Names of_one_member{"node", "id", "ip", "data", "binary"};  // ${members} is made of `member`

// The text with each ${name} replaced by what `value` says. `value` is asked for every name, also an unknown one;
// `open` is told of a ${ without its }.
template <typename Value, typename Unclosed>
std::string replace_variables(std::string_view text, Value value, Unclosed unclosed) {
  std::string result;
  for (;;) {
    const std::size_t begin = text.find("${");
    result += text.substr(0, begin);
    if (begin == std::string_view::npos) return result;
    const std::size_t end = text.find('}', begin);
    if (end == std::string_view::npos) {
      unclosed();
      return result;
    }
    result += value(text.substr(begin + 2, end - begin - 2));
    text.remove_prefix(end + 1);
  }
}

// A text whose variables are all in `allowed`.
std::string template_of(const Setting& setting, const Names& allowed) {
  std::string text = text_of(setting);
  const auto check = [&](std::string_view name) {
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
      const std::string cure =
          allowed.empty() ? "write it out, it is the same for every node" : suggestion(name, allowed);
      refuse(setting, fmt::format("unknown variable ${{{}}}; {}", quotable(name), cure));
    }
    return "";
  };
  replace_variables(text, check, [&] {
    refuse(setting, fmt::format("{} opens a variable with ${{ and does not close it; write it as ${{node}}",
                                described(setting)));
  });
  return text;
}

std::string url_of(const Setting& setting, const Names& allowed = all_variables) {
  std::string url = template_of(setting, allowed);
  if (!url.starts_with("http://") || url.size() == std::string_view("http://").size()) {
    refuse(setting,
           fmt::format("{} is not an HTTP address; write one such as http://${{ip}}:8100/status", described(setting)));
  }
  return url;
}

std::vector<std::string> command_of(const Setting& setting) {
  std::vector<std::string> command;
  for (const Setting& item : items_of(setting, "[\"${binary}\", \"--id=${id}\"]")) {
    command.push_back(template_of(item, all_variables));
  }
  return command;
}

std::vector<std::string> alarms_of(const Setting& setting) {
  std::vector<std::string> alarms;
  if (setting.node.kind == Node::Kind::list && setting.node.items.empty()) return alarms;
  for (const Setting& item : items_of(setting, "[\"panic\", \"Assertion\"]")) alarms.push_back(text_of(item));
  return alarms;
}

void read_ready(const Setting& setting, Target& target) {
  const Section section(setting, {"http", "status", "within"});
  target.ready.url = url_of(section.require("http", "write the address that answers when a node is ready"));
  if (const auto status = section.find("status")) {
    target.ready.status = static_cast<int>(whole_number_of(*status, 100, 599));
  }
  if (const auto within = section.find("within")) target.ready_within = duration_of(*within);
}

LeaderProbe leader_of(const Setting& setting) {
  const Section section(setting, {"http", "method", "body", "field", "equals", "equals-field", "term"});
  LeaderProbe probe;
  probe.url = url_of(section.require("http", "write the address that says whether a node leads"));
  if (const auto method = section.find("method")) probe.method = one_of(*method, "method", {"GET", "POST"});
  if (const auto body = section.find("body")) probe.body = template_of(*body, all_variables);
  probe.field = text_of(section.require("field", "write the field of the answer that says it, such as role"));
  if (const auto other = section.find("equals-field")) {
    probe.equals_field = text_of(*other);
    if (const auto equals = section.find("equals")) refuse(*equals, "stands beside equals-field; write one of them");
  } else {
    probe.equals =
        template_of(section.require("equals", "write what that field holds in a leader's answer"), all_variables);
  }
  probe.term_field = text_of(section.require("term", "write the field of the answer that holds the term"));
  return probe;
}

std::string path_of(const Setting& setting) {
  std::string path = template_of(setting, of_no_node);
  if (!path.starts_with('/')) {
    refuse(setting, fmt::format("{} is not a path below the endpoint; write one such as /status", described(setting)));
  }
  return path;
}

ClientSpec client_of(const Setting& setting) {
  const std::string kind = one_of(setting, "client", {"raftd", "etcd-v3", "adapter"});
  return {.kind = kind == "adapter"   ? ClientKind::adapter
                  : kind == "etcd-v3" ? ClientKind::etcd_v3
                                      : ClientKind::raftd};
}

std::vector<std::string> words_of(const Setting& setting) {
  std::vector<std::string> words;
  if (setting.node.kind == Node::Kind::list && setting.node.items.empty()) return words;
  for (const Setting& item : items_of(setting, "[\"--join\"]")) words.push_back(template_of(item, all_variables));
  return words;
}

void read_request(const Section& section, RequestTemplate& request) {
  request.url =
      url_of(section.require("http", "write the address to which it is sent, of the leader ${ip}"), of_node_and_member);
  if (const auto method = section.find("method")) {
    request.method = one_of(*method, "method", {"GET", "POST", "PUT", "DELETE"});
  }
  if (const auto body = section.find("body")) request.body = template_of(*body, of_node_and_member);
}

// Of `members` or of the whole target.
RequestTemplate request_of(const Setting& setting) {
  RequestTemplate request;
  read_request(Section(setting, {"http", "method", "body"}), request);
  return request;
}

MemberList member_list_of(const Setting& setting) {
  const Section section(setting, {"http", "method", "body", "items", "id", "node", "learner"});
  MemberList list;
  read_request(section, list.request);
  list.items = text_of(section.require("items", "write the field of the answer that lists the members"));
  list.id = text_of(section.require("id", "write the field of a member that holds its number"));
  const Section node(section.require("node",
                                     "write which field of a member says which node it is, such as "
                                     "{field: address, equals: \"${member.ip}:7100\"}"),
                     {"field", "equals"});
  list.field = text_of(node.require("field", "write the field of a member that says which node it is"));
  list.equals =
      template_of(node.require("equals", "write what that field holds, such as ${member.ip}:7100"), of_node_and_member);
  if (const auto found = section.find("learner")) {
    const Section learner(*found, {"field", "equals"});
    list.learner_field = text_of(learner.require("field", "write the field of a member that says that it only learns"));
    list.learner_equals = text_of(learner.require("equals", "write what that field holds in a learner, such as true"));
  }
  return list;
}

MemberRequests members_of(const Setting& setting) {
  const Section section(setting, {"list", "add", "promote", "remove", "join"});
  MemberRequests members;
  members.list = member_list_of(section.require("list", "write how to ask a node who the members are"));
  members.add = request_of(section.require("add", "write the request that adds a server"));
  members.remove = request_of(section.require("remove", "write the request that removes a server"));
  if (const auto promote = section.find("promote")) members.promote = request_of(*promote);
  if (const auto join = section.find("join")) members.join = words_of(*join);
  return members;
}

Knobs knobs_of(const Setting& setting) {
  constexpr std::string_view example = "write choices and the words that each adds, such as often: [--snapshot=50]";
  Knobs knobs;
  const auto entries_of = [&](const Setting& map) -> const std::vector<Entry>& {
    if (map.node.kind != Node::Kind::map || map.node.entries.empty())
      refuse(map, fmt::format("{} is no map; {}", described(map), example));
    return map.node.entries;
  };
  for (const Entry& knob : entries_of(setting)) {
    const Setting choices{knob.value, setting.path + "." + knob.key};
    for (const Entry& choice : entries_of(choices)) {
      knobs[knob.key][choice.key] = words_of({choice.value, choices.path + "." + choice.key});
    }
  }
  return knobs;
}

// Of "${id}=${ip}:7100" 7100; nullopt where no number follows a colon at the end.
std::optional<std::uint16_t> port_in(const std::string& member) {
  const std::size_t colon = member.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  std::uint16_t port = 0;
  const char* end = member.data() + member.size();
  const auto [rest, error] = std::from_chars(member.data() + colon + 1, end, port);
  if (error != std::errc{} || rest != end || port == 0) return std::nullopt;
  return port;
}

nemesis::CorruptibleFiles corruptible_of(const Setting& setting) {
  const Section section(setting, {"files", "kinds", "spare-end"});
  nemesis::CorruptibleFiles files;
  files.pattern = text_of(section.require("files", "write which files of the data folder, such as wal-*.log"));
  std::vector<std::string_view> names;
  for (const auto& kind : nemesis::corrupt_kinds()) names.push_back(kind.name);
  for (const Setting& item :
       items_of(section.require("kinds", "write what the target must notice: [bit-flip]"), "[bit-flip]")) {
    files.kinds.push_back(*nemesis::corrupt_kind_named(one_of(item, "kind of damage", names)));
  }
  if (const auto spared = section.find("spare-end")) files.spared_at_end = size_of(*spared);
  return files;
}

void read_disk(const Setting& setting, Target& target) {
  const Section section(setting, {"corruptible", "refusals"});
  if (const auto corruptible = section.find("corruptible")) {
    for (const Setting& item : items_of(*corruptible, "[{files: wal-*.log, kinds: [bit-flip]}]")) {
      target.corruptible.push_back(corruptible_of(item));
    }
  }
  if (const auto refusals = section.find("refusals")) target.refusals = alarms_of(*refusals);
}

Target read_target(const Setting& setting) {
  const Section section(
      setting, {"name", "binary", "install", "command", "member", "ready", "leader", "status", "metrics", "client",
                "adapter", "endpoint", "peer_port", "transfer", "members", "knobs", "log_alarms", "disk"});
  Target target;
  target.name = text_of(section.require("name", "write what reports shall call the system"));
  target.binary = template_of(section.require("binary", "write the program that one node runs"), of_no_node);
  if (const auto install = section.find("install")) target.install_hint = text_of(*install);
  const Setting command = section.require("command", "write how a node is started, such as [\"${binary}\", ...]");
  target.command = command_of(command);
  if (const auto member = section.find("member")) target.member = template_of(*member, of_one_member);
  read_ready(section.require("ready", "write how to ask a node whether it is ready"), target);
  if (const auto leader = section.find("leader")) target.leader = leader_of(*leader);
  if (const auto status = section.find("status")) target.status_path = path_of(*status);
  if (const auto metrics = section.find("metrics")) target.metrics_path = path_of(*metrics);
  target.client = client_of(section.require("client", "write how clients talk to it, such as raftd"));
  if (target.client.kind == ClientKind::adapter) {
    target.client.adapter = adapter_command_of(
        section.require("adapter", "write the adapter's command, such as [python3, \"${here}/adapters/redis.py\"]"));
  } else if (const auto adapter = section.find("adapter")) {
    refuse(*adapter, "is used by no client; write client: adapter");
  }
  target.endpoint =
      template_of(section.require("endpoint", "write what clients talk to, such as ${ip}:8100"), all_variables);
  target.peer_port = port_in(target.member);
  if (const auto port = section.find("peer_port")) {
    target.peer_port = static_cast<std::uint16_t>(whole_number_of(*port, 1, 65535));
  }
  if (const auto transfer = section.find("transfer")) target.transfer = request_of(*transfer);
  if (const auto members = section.find("members")) target.members = members_of(*members);
  if (const auto knobs = section.find("knobs")) target.knobs = knobs_of(*knobs);
  if (const auto alarms = section.find("log_alarms")) target.log_alarms = alarms_of(*alarms);
  if (const auto disk = section.find("disk")) read_disk(*disk, target);
  return target;
}

// Some file of the target must show each kind of damage that a plan asks for.
template <typename Refuse>
void require_corruptible(const nemesis::FaultSpec& fault, const Target& target, const Refuse& refuse_fault) {
  const auto* corrupt = std::get_if<nemesis::CorruptFileSpec>(&fault.what);
  if (corrupt == nullptr) return;
  for (const nemesis::CorruptKind kind : corrupt->kinds) {
    const bool possible = std::ranges::any_of(target.corruptible, [&](const nemesis::CorruptibleFiles& files) {
      return std::ranges::find(files.kinds, kind) != files.kinds.end();
    });
    if (!possible) {
      refuse_fault(fmt::format("corrupt-file: {}", nemesis::name_of(kind)), "disk.corruptible of that kind",
                   "write which files the target must find damaged, or leave the kind out");
    }
  }
}

bool uses_members(const std::string& text) {
  return text.find("${members}") != std::string::npos;
}

}  // namespace

Target parse_target(std::string_view yaml, const std::string& file) {
  const Node root = parse_document(yaml, file);
  if (root.kind == Node::Kind::null) refuse(root.place, "", "is empty; copy configs/targets/raftd.yaml and change it");
  const Setting setting{root, ""};
  if (root.kind != Node::Kind::map) {
    refuse(setting, fmt::format("{} is not a target; write keys and values, such as name: raftd", described(setting)));
  }
  Target target = read_target(setting);
  for (const std::string& word : target.command) {
    if (!uses_members(word) || !target.member.empty()) continue;
    refuse(root.place, "member",
           "is missing, and the command uses ${members}; write one node's part of it, such as ${ip}:7100");
  }
  return target;
}

fs::path find_target(const std::string& name, const fs::path& config_folder) {
  if (name.find('/') != std::string::npos || name.ends_with(".yaml")) return name;
  const std::array<fs::path, 2> folders{fs::path("configs") / "targets", config_folder / "targets"};
  std::vector<std::string> known;
  std::string looked_for;
  for (const fs::path& folder : folders) {
    const fs::path file = folder / (name + ".yaml");
    std::error_code ignored;
    if (fs::exists(file, ignored)) return file;
    for (const std::string& other : yaml_files(folder)) known.push_back(other);
    looked_for += (looked_for.empty() ? "" : " and ") + file.string();
  }
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  const std::string cure =
      known.empty() ? "give the path of a target file" : suggestion(name, {known.begin(), known.end()});
  throw ConfigError(fmt::format("target {}: no such target, looked for {}; {}", quotable(name), looked_for, cure));
}

Target load_target(const std::string& name, const fs::path& config_folder) {
  const fs::path file = find_target(name, config_folder);
  return parse_target(read_input_file(file, "target"), file.string());
}

void require_abilities(const nemesis::NemesisSpec& faults, const Target& target, const std::string& plan_file) {
  const auto refuse_fault = [&](std::string_view fault, std::string_view missing, std::string_view cure) {
    throw ConfigError(fmt::format("{}: nemesis.faults: {}: target {} does not say how: its file has no {}; {}",
                                  plan_file, fault, target.name, missing, cure));
  };
  for (const nemesis::FaultSpec& fault : faults.faults) {
    require_corruptible(fault, target, refuse_fault);
    const bool transfer = std::holds_alternative<nemesis::TransferSpec>(fault.what);
    const auto* membership = std::get_if<nemesis::MembershipSpec>(&fault.what);
    const auto* packets = std::get_if<nemesis::PacketsSpec>(&fault.what);
    const auto* partition = std::get_if<nemesis::PartitionSpec>(&fault.what);
    const nemesis::Scope scope = packets != nullptr     ? packets->scope
                                 : partition != nullptr ? partition->scope
                                                        : nemesis::Scope::all;
    if (scope == nemesis::Scope::peers && !target.peer_port) {
      refuse_fault("scope: peers", "peer_port", "write the TCP port on which its nodes talk to each other");
    }
    const std::string_view kind = transfer ? "transfer" : "membership";
    if (transfer && !target.transfer)
      refuse_fault(kind, "transfer", "write the request that hands the leadership over");
    if (membership != nullptr && !target.members) {
      refuse_fault(kind, "members", "write how its members are listed, added and removed");
    }
    if ((transfer || membership != nullptr) && !target.leader) {
      refuse_fault(kind, "leader", "write how to ask a node whether it leads");
    }
    const auto promotes = [](nemesis::MembershipKind one) { return one == nemesis::MembershipKind::promote; };
    if (membership != nullptr && !target.members->promote && std::ranges::any_of(membership->kinds, promotes)) {
      refuse_fault("membership: promote", "members.promote", "write the request, or leave the kind out");
    }
  }
}

std::string substitute(std::string_view text, const NodeVariables& variables, const MemberVariables& member) {
  const auto value = [&](std::string_view name) -> std::string {
    if (name == "node") return variables.node;
    if (name == "id") return std::to_string(variables.id);
    if (name == "ip") return variables.ip;
    if (name == "data") return variables.data;
    if (name == "members") return variables.members;
    if (name == "member.node") return member.node;
    if (name == "member.id") return member.id;
    if (name == "member.ip") return member.ip;
    assert(name == "binary" && "parse_target refuses unknown variables");
    return variables.binary;
  };
  return replace_variables(text, value, [] { assert(false && "parse_target refuses a ${ without }"); });
}

}  // namespace ordeal::harness
