#include "harness/config/target.h"

#include <fmt/format.h>

#include <charconv>

#include "harness/config/adapter_section.h"
#include "harness/config/http_section.h"
#include "harness/config/members_section.h"
#include "harness/config/plain_text.h"
#include "harness/config/question_section.h"
#include "harness/config/reader.h"
#include "nemesis/plan/names.h"

namespace ordeal::harness {
namespace {

std::vector<std::string> alarms_of(const Setting& setting) {
  std::vector<std::string> alarms;
  if (setting.node.kind == Node::Kind::list && setting.node.items.empty()) return alarms;
  for (const Setting& item : items_of(setting, "[\"panic\", \"Assertion\"]")) alarms.push_back(text_of(item));
  return alarms;
}

// An alarm is a text, or {matches: PATTERN}.
void read_alarms(const Setting& setting, Target& target) {
  if (setting.node.kind == Node::Kind::list && setting.node.items.empty()) return;
  for (const Setting& item : items_of(setting, "[\"panic\", \"Assertion\"]")) {
    if (item.node.kind == Node::Kind::map) {
      const Section section(item, {"matches"});
      target.log_alarm_patterns.push_back(
          line_pattern_of(section.require("matches", "write a regular expression, such as ^FATAL")));
    } else {
      target.log_alarms.push_back(text_of(item));
    }
  }
}

std::map<std::string, std::string> environment_of(const Setting& setting) {
  if (setting.node.kind != Node::Kind::map || setting.node.entries.empty()) {
    refuse(setting, fmt::format("{} is no map; write names and values, such as GOMAXPROCS: \"2\"", described(setting)));
  }
  std::map<std::string, std::string> environment;
  for (const Entry& entry : setting.node.entries) {
    if (entry.key.empty() || entry.key.find('=') != std::string::npos) {
      refuse(entry.place, setting.path,
             fmt::format("\"{}\" is no name of a variable; write one such as JAVA_HOME", quotable(entry.key)));
    }
    environment[entry.key] = template_of({entry.value, setting.path + "." + entry.key}, of_node);
  }
  return environment;
}

int stop_signal_of(const Setting& setting) {
  const std::string name = one_of(setting, "signal", {"SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"});
  return name == "SIGTERM"   ? SIGTERM
         : name == "SIGINT"  ? SIGINT
         : name == "SIGQUIT" ? SIGQUIT
         : name == "SIGHUP"  ? SIGHUP
         : name == "SIGUSR1" ? SIGUSR1
                             : SIGUSR2;
}

std::string path_of(const Setting& setting) {
  std::string path = template_of(setting, of_no_node);
  if (!path.starts_with('/')) {
    refuse(setting, fmt::format("{} is not a path below the endpoint; write one such as /status", described(setting)));
  }
  return path;
}

ClientSpec client_of(const Setting& setting) {
  const std::string kind = one_of(setting, "client", {"raftd", "etcd-v3", "http", "adapter"});
  ClientSpec client;
  if (kind == "etcd-v3") client.kind = ClientKind::etcd_v3;
  if (kind == "http") client.kind = ClientKind::http;
  if (kind == "adapter") client.kind = ClientKind::adapter;
  return client;
}

std::vector<std::string> knob_words_of(const Setting& setting) {
  if (setting.node.kind == Node::Kind::list && setting.node.items.empty()) return {};
  return words_of(setting, "[--snapshot=50]");
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
      knobs[knob.key][choice.key] = knob_words_of({choice.value, choices.path + "." + choice.key});
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
  for (const auto& kind : nemesis::corrupt_kinds())
    if (kind.value != nemesis::CorruptKind::wipe) names.push_back(kind.name);  // which nobody can notice
  for (const Setting& item :
       items_of(section.require("kinds", "write what the target must notice: [bit-flip]"), "[bit-flip]")) {
    files.kinds.push_back(*nemesis::corrupt_kind_named(one_of(item, "kind of damage", names)));
  }
  if (const auto spared = section.find("spare-end")) files.spared_at_end = size_of(*spared);
  return files;
}

void read_disk(const Setting& setting, Target& target) {
  const Section section(setting, {"corruptible", "refusals", "names"});
  if (const auto names = section.find("names")) {
    target.journaled_names = one_of(*names, "kind of names", {"strict", "journaled"}) == "journaled";
  }
  if (const auto corruptible = section.find("corruptible")) {
    for (const Setting& item : items_of(*corruptible, "[{files: wal-*.log, kinds: [bit-flip]}]")) {
      target.corruptible.push_back(corruptible_of(item));
    }
  }
  if (const auto refusals = section.find("refusals")) target.refusals = alarms_of(*refusals);
}

OtherVersion other_version_of(const Setting& setting) {
  const Section section(setting, {"binary", "command", "words", "environment"});
  OtherVersion other;
  if (const auto binary = section.find("binary")) other.binary = template_of(*binary, of_no_node);
  if (const auto command = section.find("command")) other.command = words_of(*command, "[\"${binary}\", --new]");
  if (const auto words = section.find("words")) other.words = words_of(*words, "[--new]");
  if (const auto environment = section.find("environment")) other.environment = environment_of(*environment);
  if (other == OtherVersion()) refuse(setting, "differs in nothing; write binary, command, words or environment");
  return other;
}

// What is said of a node's start, beside its command.
void read_start(const Section& section, Target& target) {
  if (const auto first = section.find("words_of_first")) target.words_of_first = words_of(*first, "[--bootstrap]");
  if (const auto others = section.find("words_of_others")) {
    target.words_of_others = words_of(*others, "[\"--join=${first.ip}:80\"]");
  }
  if (const auto environment = section.find("environment")) target.environment = environment_of(*environment);
  if (const auto files = section.find("files")) target.files = files_of(*files);
  if (const auto setup = section.find("setup")) target.setup = setup_of(*setup);
  if (const auto signal = section.find("stop_signal")) target.stop_signal = stop_signal_of(*signal);
}

Target read_target(const Setting& setting) {
  const Section section(
      setting, {"name",        "binary", "install",    "version", "command",     "words_of_first", "words_of_others",
                "environment", "files",  "setup",      "member",  "ready",       "leader",         "status",
                "metrics",     "client", "http",       "adapter", "endpoint",    "peer_port",      "transfer",
                "members",     "knobs",  "log_alarms", "disk",    "stop_signal", "words",          "upgrade"});
  if (const auto words = section.find("words")) {
    refuse(*words, "adds to the command of another target; write extends: with its name, or put them into command");
  }
  Target target;
  target.name = text_of(section.require("name", "write what reports shall call the system"));
  target.binary = template_of(section.require("binary", "write the program that one node runs"), of_no_node);
  if (const auto install = section.find("install")) target.install_hint = text_of(*install);
  if (const auto version = section.find("version")) target.version = version_of(*version);
  const Setting command = section.require("command", "write how a node is started, such as [\"${binary}\", ...]");
  target.command = words_of(command, "[\"${binary}\", \"--id=${id}\"]");
  read_start(section, target);
  if (const auto member = section.find("member")) target.member = template_of(*member, of_member_template);
  const ReadySection ready = ready_of(section.require("ready", "write how to ask a node whether it is ready"));
  target.ready = ready.probe;
  target.ready_within = ready.within;
  if (const auto leader = section.find("leader")) target.leader = leader_of(*leader);
  if (const auto status = section.find("status")) target.status_path = path_of(*status);
  if (const auto metrics = section.find("metrics")) target.metrics_path = path_of(*metrics);
  target.client = client_of(section.require("client", "write how clients talk to it, such as raftd"));
  if (target.client.kind == ClientKind::http) {
    target.client.http = http_templates_of(
        section.require("http", "write the requests that read and write a key, as etcd-v2.yaml does"));
  } else if (const auto http = section.find("http")) {
    refuse(*http, "is used by no client; write client: http");
  }
  if (target.client.kind == ClientKind::adapter) {
    target.client.adapter = adapter_command_of(
        section.require("adapter", "write the adapter's command, such as [python3, \"${here}/adapters/redis.py\"]"));
  } else if (const auto adapter = section.find("adapter")) {
    refuse(*adapter, "is used by no client; write client: adapter");
  }
  target.endpoint = template_of(section.require("endpoint", "write what clients talk to, such as ${ip}:8100"), of_node);
  target.peer_port = port_in(target.member);
  if (const auto port = section.find("peer_port")) {
    target.peer_port = static_cast<std::uint16_t>(whole_number_of(*port, 1, 65535));
  }
  if (const auto transfer = section.find("transfer")) target.transfer = request_of(*transfer);
  if (const auto members = section.find("members")) target.members = members_of(*members);
  if (const auto upgrade = section.find("upgrade")) target.upgrade = other_version_of(*upgrade);
  if (const auto knobs = section.find("knobs")) target.knobs = knobs_of(*knobs);
  if (const auto alarms = section.find("log_alarms")) read_alarms(*alarms, target);
  if (const auto disk = section.find("disk")) read_disk(*disk, target);
  return target;
}

bool uses_members(const std::string& text) {
  return text.find("${members}") != std::string::npos;
}

}  // namespace

Target parse_target(std::string_view yaml, const std::string& file) {
  return parse_target(parse_document(yaml, file));
}

Target parse_target(const Node& root) {
  if (root.kind == Node::Kind::null) refuse(root.place, "", "is empty; copy configs/targets/raftd.yaml and change it");
  const Setting setting{root, ""};
  if (root.kind != Node::Kind::map) {
    refuse(setting, fmt::format("{} is not a target; write keys and values, such as name: raftd", described(setting)));
  }
  Target target = read_target(setting);
  std::vector<std::string> words = target.command;
  if (target.upgrade) words.insert(words.end(), target.upgrade->command.begin(), target.upgrade->command.end());
  for (const std::string& word : words) {
    if (!uses_members(word) || !target.member.empty()) continue;
    refuse(root.place, "member",
           "is missing, and the command uses ${members}; write one node's part of it, such as ${ip}:7100");
  }
  return target;
}

}  // namespace ordeal::harness
