// How to ask a node something, as a target's YAML says it, and what is asked that way. Plain values; any thread.
//
// Strings are templates: see target_variables.h.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ordeal::harness {

// An HTTP request to a node.
struct RequestTemplate {
  std::string method = "POST";
  std::string url;
  std::string body{};  // JSON; empty: none
  bool operator==(const RequestTemplate&) const = default;
};

// One of: a request over HTTP, a connection, a command. The answer is its body; what is received until the node closes
// or says nothing for a while; or what the command writes when its exit status is 0.
struct Question {
  enum class Way : std::uint8_t { http, tcp, command };
  Way way = Way::http;
  RequestTemplate request{.method = "GET", .url = {}};
  std::string address{};               // of tcp: "${ip}:2181"
  std::string send{};                  // of tcp: what is sent at once; empty: to be connected is the answer
  std::vector<std::string> command{};  // run in the node's namespaces and folder, with its environment
  bool operator==(const Question&) const = default;
};

// A GET.
inline Question question_at(std::string url) {
  Question question;
  question.request.url = std::move(url);
  return question;
}

struct ReadyProbe {
  Question question;
  int status = 200;       // of http
  std::string matches{};  // a regular expression that the answer must hold; empty: any answer will do
  bool operator==(const ReadyProbe&) const = default;
};

// Of several nodes that claim to lead, the one with the largest term is believed.
struct LeaderProbe {
  Question question;
  // Either the answer is JSON, and the node leads when one field of it holds this text, or what another one holds. A
  // field that begins with a slash is a JSON pointer: /header/raft_term.
  std::string field{};
  std::string equals{};
  std::string equals_field{};
  std::string term_field{};  // empty: it tells no term
  // Or the node leads when its answer holds this regular expression; its first group, if it has one, is the term.
  std::string matches{};
  bool operator==(const LeaderProbe&) const = default;
};

// What is done to make a cluster of the nodes. Repeated until it succeeds.
struct SetupStep {
  enum class When : std::uint8_t { before_start, first_ready, all_ready };
  When when = When::all_ready;
  bool at_each = false;  // at every node, one after the other; else at the first
  Question question;
  int status = 0;         // of http; 0: any from 200 to 299
  std::string matches{};  // as of ReadyProbe
  std::chrono::nanoseconds within = std::chrono::seconds(10);
  bool operator==(const SetupStep&) const = default;
};

// A file that is written before a node starts.
struct NodeFile {
  std::string path;  // absolute, or below the node's folder
  std::string text;
  bool each_start = false;  // else only before its first
  bool operator==(const NodeFile&) const = default;
};

// How to learn which version of the target is installed.
struct VersionProbe {
  std::vector<std::string> command;
  std::string pattern;  // a regular expression; its first group is the version
  std::string at_least;
  bool operator==(const VersionProbe&) const = default;
};

}  // namespace ordeal::harness
