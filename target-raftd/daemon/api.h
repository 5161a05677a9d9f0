// The HTTP contract of raftd (README.md) as pure functions: requests to typed calls, answers to responses.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "target-raftd/kv/store.h"
#include "target-raftd/net/address.h"
#include "target-raftd/raft/raft.h"

namespace raftd::daemon {

inline constexpr std::size_t max_key_bytes = 512;
inline constexpr std::size_t max_value_bytes = std::size_t{1} << 20;
inline constexpr std::size_t max_session_bytes = 128;
inline constexpr std::size_t max_body_bytes = std::size_t{3} << 20;  // two values in JSON, with some escapes

struct HttpRequest {
  std::string method;
  std::string target;
  std::optional<std::string> session;  // headers
  std::optional<std::string> serial;
  std::string body;
};

struct HttpResponse {
  unsigned status = 200;
  std::string body;  // JSON
  bool operator==(const HttpResponse&) const = default;
};

struct ReadCall {
  std::string key;
  bool local = false;  // else linearizable
};
struct WriteCall {
  kv::Command command;
};
struct StatusCall {};

// HttpResponse: refused, with this answer.
using Call = std::variant<ReadCall, WriteCall, StatusCall, HttpResponse>;
Call parse_call(const HttpRequest& request);

// Why the cluster gave no answer.
enum class Failure : std::uint8_t {
  no_leader,      // none known, it cannot be reached, or it just ceased to lead; nothing was proposed
  superseded,     // another leader's entry took the place of this write
  overloaded,     // too much is under way; nothing was proposed
  read_timeout,   // a read has no effect: definite
  write_timeout,  // nobody knows whether the write happened or will happen
};

HttpResponse answer(const ReadCall& call, const std::optional<kv::Store::Value>& value);
HttpResponse answer(const kv::Result& result);
HttpResponse answer(Failure failure);

// Any other refusal, always definite.
HttpResponse refuse(unsigned status, std::string_view code, std::string_view message);

struct StatusReport {
  raft::Status raft;
  raft::Index applied_index = 0;
  std::uint64_t state_hash = 0;  // of the state at applied_index
  std::size_t keys = 0;
  std::size_t sessions = 0;
  struct Member {
    raft::NodeId id = 0;
    net::Address address;
    bool connected = false;
  };
  std::vector<Member> members;
};
HttpResponse answer(const StatusReport& report);

std::string_view to_string(raft::Role role);

}  // namespace raftd::daemon
