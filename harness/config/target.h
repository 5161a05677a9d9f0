// A target: how to start and ask the system under test, as typed values. Plain values; any thread.
//
// Every string may use ${node} (n1), ${id} (1), ${ip} (10.77.0.1), ${data} (the node's data folder), ${members} (the
// `member` template of every node that is one, joined by commas), and ${binary}. What is asked of the target about one
// of its members may also use ${member.node}, ${member.ip} and ${member.id}: its number as `members.list` tells it, or,
// when it is added, a new one.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/config/client_spec.h"
#include "nemesis/plan/corruptible_files.h"
#include "nemesis/plan/schedule.h"

namespace ordeal::harness {

// How to ask a node over HTTP: GET url, and the answer that means yes.
struct ReadyProbe {
  std::string url;
  int status = 200;
  bool operator==(const ReadyProbe&) const = default;
};

// The url answers a JSON object; the node leads when its field `field` holds `equals`, or what the field `equals_field`
// holds. Of several that claim it, the one with the largest `term_field` is believed. A field that begins with a slash
// is a JSON pointer: "/header/member_id".
struct LeaderProbe {
  std::string url;
  std::string field;
  std::string equals;
  std::string term_field;
  std::string equals_field{};  // empty: `equals` counts
  std::string method = "GET";
  std::string body{};  // JSON; empty: none
  bool operator==(const LeaderProbe&) const = default;
};

// A request to the leader. Any status from 200 to 299 means that it did as it was asked.
struct RequestTemplate {
  std::string method = "POST";
  std::string url;
  std::string body;  // JSON; empty: none
  bool operator==(const RequestTemplate&) const = default;
};

// How to read who belongs to the cluster: a list of JSON objects, one a member.
struct MemberList {
  RequestTemplate request{.method = "GET", .url = {}, .body = {}};
  std::string items;           // the field of the answer that holds the list
  std::string id;              // the field of an entry that holds the member's number, or name
  std::string field;           // the field of an entry that says which node it is,
  std::string equals;          // and what it holds then: "${member.ip}:7100"
  std::string learner_field;   // the field of an entry that says that it does not vote; empty: all vote
  std::string learner_equals;  // and what it holds then
  bool operator==(const MemberList&) const = default;
};

// How servers are added, removed and promoted, one at a time.
struct MemberRequests {
  MemberList list;
  RequestTemplate add;
  std::optional<RequestTemplate> promote;  // nullopt: who is added votes at once
  RequestTemplate remove;
  std::vector<std::string> join;  // more words of the command of a server that was added
  bool operator==(const MemberRequests&) const = default;
};

// What a plan may change: for each knob its choices, and the words that a choice adds to the command.
using Knobs = std::map<std::string, std::map<std::string, std::vector<std::string>>>;

struct Target {
  std::string name;
  std::string binary;                // looked up beside `ordeal`, then on PATH; or a path
  std::string install_hint;          // said when it is not found
  std::vector<std::string> command;  // command[0] usually ${binary}
  std::string member;                // one node's part of ${members}
  ReadyProbe ready;
  std::chrono::nanoseconds ready_within = std::chrono::seconds(10);
  std::optional<LeaderProbe> leader;
  std::string status_path;     // where a node tells its status, below its endpoint: "/status"; empty: nowhere
  std::string metrics_path{};  // the same for metrics in Prometheus' text format
  ClientSpec client;
  std::string endpoint;                     // what the client talks to: "${ip}:8100"
  std::optional<std::uint16_t> peer_port;   // TCP, of the target's nodes among themselves; else that of `member`
  std::optional<RequestTemplate> transfer;  // asks the leader to hand over to ${member.id}
  std::optional<MemberRequests> members;
  Knobs knobs;
  std::vector<std::string> log_alarms;  // plain substrings that a healthy node never writes to its output
  std::vector<nemesis::CorruptibleFiles> corruptible;  // what corrupt-file may damage
  // Plain substrings of what a node may write, alarm or not, once one of its files was damaged.
  std::vector<std::string> refusals;
  bool operator==(const Target&) const = default;
};

struct NodeVariables {
  std::string node;
  int id = 0;
  std::string ip;
  std::string data;
  std::string members;
  std::string binary;
};

// The member that a request is about.
struct MemberVariables {
  std::string node;
  std::string id;
  std::string ip;
};

Target parse_target(std::string_view yaml, const std::string& file);

// `name` is a path when it contains a slash or ends in .yaml, else a file of configs/targets/: looked up in the working
// directory first, then beside the program's source or installation (`config_folder`).
std::filesystem::path find_target(const std::string& name, const std::filesystem::path& config_folder);
Target load_target(const std::string& name, const std::filesystem::path& config_folder);

// Refuses (ConfigError) a plan with faults that the target's file does not say how to make.
void require_abilities(const nemesis::NemesisSpec& faults, const Target& target, const std::string& plan_file);

// Replaces ${...}; an unknown variable was refused by parse_target already (assertion here).
std::string substitute(std::string_view text, const NodeVariables& variables, const MemberVariables& member = {});

}  // namespace ordeal::harness
