// The HTTP contract of raftd (README.md) as pure functions: requests to typed calls, answers to responses. Any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "target-raftd/kv/store.h"
#include "target-raftd/raft/raft.h"

namespace raftd::daemon {

inline constexpr std::size_t max_key_bytes = 512;
inline constexpr std::size_t max_value_bytes = std::size_t{1} << 20;
inline constexpr std::size_t max_session_bytes = 128;
inline constexpr std::size_t max_address_bytes = 256;
inline constexpr std::size_t max_txn_parts = 128;                    // compares and operations of a transaction
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
  std::string body;
  std::string_view content_type = "application/json";
  std::string_view code = {};  // of an error, as in the body
  bool operator==(const HttpResponse&) const = default;
};

enum class ReadLevel : std::uint8_t { linearizable, lease, follower, local };

struct ReadCall {
  std::string key;
  ReadLevel level = ReadLevel::linearizable;
};
struct WriteCall {
  kv::Command command;
};
struct ChangeCall {
  raft::MembershipChange change;
};
struct TransferCall {
  raft::NodeId to = 0;
};
struct StatusCall {};
struct MetricsCall {};

// HttpResponse: refused, with this answer.
using Call = std::variant<ReadCall, WriteCall, ChangeCall, TransferCall, StatusCall, MetricsCall, HttpResponse>;
Call parse_call(const HttpRequest& request);

// The name of a call's route, as metrics group it: "read_lease", "put", "cas", "members"; "other" for a refused one.
std::string_view route_of(const Call& call);

// Why the cluster gave no answer.
enum class Failure : std::uint8_t {
  no_leader,     // none known, it cannot be reached, or it just ceased to lead; nothing was proposed
  handing_over,  // the leadership is being transferred; nothing was proposed
  superseded,    // another leader's entry took the place of this write
  overloaded,    // too much is under way; nothing was proposed
  read_timeout,  // a read has no effect: definite
  // Nobody knows whether the write happened or will happen: no word in time, or a snapshot of another server covers
  // its index, which says what the state is, but not what became of a single write.
  write_timeout,
};

HttpResponse answer(const ReadCall& call, const std::optional<kv::Value>& value);
HttpResponse answer(const kv::Result& result);
HttpResponse answer(Failure failure);

// A change of membership, or a transfer, that was refused; `leader` is whom this server believes to lead.
HttpResponse answer(raft::ChangeRefusal refusal, std::optional<raft::NodeId> leader);
HttpResponse answer(raft::TransferRefusal refusal, std::optional<raft::NodeId> leader);

// A transfer that began; `leader` leads now. Without one: `to` did not take over in time.
HttpResponse answer_transfer(raft::NodeId to, std::optional<raft::NodeId> leader, raft::Term term);

// Any other refusal, always definite.
HttpResponse refuse(unsigned status, std::string_view code, std::string_view message);

struct StatusReport {
  raft::Status raft;
  raft::Index applied_index = 0;
  std::uint64_t state_hash = 0;  // of the state at applied_index
  std::size_t keys = 0;
  std::size_t sessions = 0;
  std::string cluster_name;
  std::uint64_t incarnation = 0;  // 0: not known yet
  raft::Index configuration_index = 0;
  struct Member {
    raft::NodeId id = 0;
    std::string address;
    bool voter = false;
    bool connected = false;
  };
  std::vector<Member> members;
};
HttpResponse answer(const StatusReport& report);

std::string_view to_string(raft::Role role);

}  // namespace raftd::daemon
