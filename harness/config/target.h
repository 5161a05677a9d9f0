// A target: how to start and ask the system under test, as typed values. Plain values; any thread. What its strings may
// hold: target_variables.h.

#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/config/client_spec.h"
#include "harness/config/document.h"
#include "harness/config/question.h"
#include "harness/config/target_variables.h"
#include "nemesis/plan/corruptible_files.h"
#include "nemesis/plan/schedule.h"

namespace ordeal::harness {

// How to read who belongs to the cluster: a list of JSON objects, one a member.
struct MemberList {
  RequestTemplate request{.method = "GET", .url = {}};
  std::string items;           // the field of the answer that holds the list; /a/0/b is a JSON pointer here and below
  std::string id;              // the field of an entry that holds the member's number, or name
  std::string field;           // the field of an entry that says which node it is,
  std::string equals;          // and what it holds then: "${member.ip}:7100"
  std::string learner_field;   // the field of an entry that says that it does not vote; empty: all vote
  std::string learner_equals;  // and what it holds then
  bool operator==(const MemberList&) const = default;
};

// How servers are added, removed and promoted, one at a time, by requests to the leader. Any status from 200 to 299
// means that it did as it was asked.
struct MemberRequests {
  MemberList list;
  RequestTemplate add;
  std::optional<RequestTemplate> promote;  // nullopt: who is added votes at once
  RequestTemplate remove;
  std::vector<std::string> join;  // more words of the command of a server that was added
  bool removed_ends = false;      // a server that was removed ends by itself
  bool operator==(const MemberRequests&) const = default;
};

// What a plan may change: for each knob its choices, and the words that a choice adds to the command.
using Knobs = std::map<std::string, std::map<std::string, std::vector<std::string>>>;

// Another version of the target, or the same one with other settings, beside which its nodes must work.
struct OtherVersion {
  std::string binary;                                // looked up like the target's; empty: the same
  std::vector<std::string> command{};                // empty: the target's
  std::vector<std::string> words{};                  // more words of the command
  std::map<std::string, std::string> environment{};  // beside the target's
  bool operator==(const OtherVersion&) const = default;
};

struct Target {
  std::string name;
  std::string binary;        // looked up beside `ordeal`, then on PATH; or a path
  std::string install_hint;  // said when it is not found
  std::optional<VersionProbe> version{};
  std::vector<std::string> command;                  // command[0] usually ${binary}
  std::vector<std::string> words_of_first{};         // more words of the first node, which begins the cluster,
  std::vector<std::string> words_of_others{};        // and of those that join it
  std::map<std::string, std::string> environment{};  // beside that of the harness
  std::vector<NodeFile> files{};
  std::vector<SetupStep> setup{};
  int stop_signal = SIGTERM;  // asks a node to end in good order
  std::string member;         // one node's part of ${members}
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
  std::optional<OtherVersion> upgrade{};
  Knobs knobs;
  std::vector<std::string> log_alarms;            // plain substrings that a healthy node never writes to its output,
  std::vector<std::string> log_alarm_patterns{};  // and regular expressions of RE2
  std::vector<nemesis::CorruptibleFiles> corruptible;  // what corrupt-file may damage
  bool journaled_names = false;  // it relies on a sync of any file to make names safe (nemesis/inject/undo_log.h)
  // Plain substrings of what a node may write, alarm or not, once one of its files was damaged.
  std::vector<std::string> refusals;
  bool operator==(const Target&) const = default;
};

// Throw ConfigError. A file that extends another is read by load_target().
Target parse_target(std::string_view yaml, const std::string& file);
Target parse_target(const Node& document);

// `name` is a path when it contains a slash or ends in .yaml, else a file of configs/targets/: looked up in the working
// directory first, then beside the program's source or installation (`config_folder`).
std::filesystem::path find_target(const std::string& name, const std::filesystem::path& config_folder);

// With `extends: NAME` a file says only in what it differs from another: its maps are merged into those of the other,
// key by key; what is null is taken out; `words` are appended to the command; everything else takes the place of what
// was there. `${here}` is replaced by the folder of the file that says it.
struct TargetFile {
  Target target;
  std::string yaml;  // of all of it, which needs no other file
};
TargetFile load_target_file(const std::string& name, const std::filesystem::path& config_folder);
Target load_target(const std::string& name, const std::filesystem::path& config_folder);

// Refuses (ConfigError) a plan with faults that the target's file does not say how to make.
void require_abilities(const nemesis::NemesisSpec& faults, const Target& target, const std::string& plan_file);

}  // namespace ordeal::harness
