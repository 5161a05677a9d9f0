// What the two systems call a write and a read over HTTP, and what a right answer looks like. Pure.
//
// raftd: PUT and GET of /kv/KEY. etcd: its JSON gateway, POST to /v3/kv/put and /v3/kv/range with keys and values in
// base64; a range is linearizable unless the request says `serializable`. Both systems thus answer the same question.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "target-raftd/bench/http_reader.h"

namespace raftd::bench {

enum class System : int { raftd, etcd };
enum class Operation : int { write, read };

std::string_view to_string(System system);
std::string_view to_string(Operation operation);

std::string base64(std::string_view bytes);

// One request, ready to be sent, and the text that the body of its answer must contain.
struct Exchange {
  Operation operation = Operation::read;
  std::string request;
  std::string expected;
};

Exchange write_of(System system, std::string_view key, std::string_view value);
Exchange read_of(System system, std::string_view key, std::string_view value);  // value: what stands there

struct Judgement {
  bool right = false;
  std::uint64_t revision = 0;  // of a right write: its place among all writes
};
Judgement judge(const Exchange& exchange, const HttpAnswer& answer);

// What a server says of itself.
std::string status_request(System system);
struct ServerStatus {
  bool leads = false;
  bool knows_leader = false;
  std::uint64_t applied_index = 0;
};
std::optional<ServerStatus> parse_status(System system, const HttpAnswer& answer);

}  // namespace raftd::bench
