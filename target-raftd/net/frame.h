// What servers say to each other over TCP, and its bytes. Pure; any thread.
//
//   stream := frame*
//   frame  := body length u32 | CRC-32C of body u32 | body
//   body   := type u8 | fields, all integers little-endian
//
// The side that dialled sends Hello first and the other side answers with its own Hello; nothing else is said before.
// Either side says Hello again when it learns its cluster's incarnation.
// Whoever reads a broken frame closes the connection: after one wrong byte nothing behind it can be trusted.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "target-raftd/raft/message.h"

namespace raftd::net {

inline constexpr std::uint32_t protocol_version = 3;
inline constexpr std::size_t frame_header_size = 8;
inline constexpr std::size_t max_cluster_name = 64;
inline constexpr std::size_t max_body_size = std::size_t{16} << 20;

// Its version is at the same place in every version of this protocol. Of a Hello of another version nothing else is
// decoded, so that whoever runs another raftd is told so.
struct Hello {
  std::uint32_t version = protocol_version;
  std::uint64_t cluster = 0;      // a hash of the cluster's name
  std::string cluster_name = {};  // its first max_cluster_name bytes at most
  std::uint64_t incarnation = 0;  // of the cluster; 0: not known yet
  raft::NodeId from = 0;
  raft::NodeId to = 0;
  bool operator==(const Hello&) const = default;
};

// Sent now and then by the side that dialled; a Pong comes back. Silence means that the connection is dead.
struct Ping {
  bool operator==(const Ping&) const = default;
};
struct Pong {
  bool operator==(const Pong&) const = default;
};

// A client's write (kv::encode) that the leader shall propose. It is sent at most once.
struct Forward {
  std::uint64_t id = 0;
  std::string command;
  bool operator==(const Forward&) const = default;
};

enum class Refusal : std::uint8_t {
  not_leader,   // and never proposed
  superseded,   // another leader's entry took its place in the log
  overloaded,   // never proposed
  timeout,      // proposed; nobody knows yet
  bad_command,  // not an encoded kv::Command; never proposed
};
// Whether the write certainly did not and will not happen.
constexpr bool definite(Refusal refusal) {
  return refusal != Refusal::timeout;
}

using Outcome = std::variant<std::string, Refusal>;  // the string: an encoded kv::Result, opaque here

struct ForwardReply {
  std::uint64_t id = 0;
  Outcome outcome;
  bool operator==(const ForwardReply&) const = default;
};

using Frame = std::variant<Hello, Ping, Pong, Forward, ForwardReply, raft::Message>;

// Adds one whole frame to `out`. False, and nothing added, if its body would be longer than max_body_size.
bool encode(const Frame& frame, std::string& out);

// Total: nullopt for any body that encode() of this or, for a Hello, another version did not make.
std::optional<Frame> decode_body(std::string_view body);

// Cuts a stream into frames, however the network cut it into pieces.
class FrameReader {
 public:
  void add(std::string_view bytes);

  // The next complete frame; nullopt: more bytes are needed, or the stream is broken.
  std::optional<Frame> next();

  // Why the stream cannot be read any further; empty while all is well.
  const std::string& broken() const { return broken_; }

 private:
  std::string buffer_;
  std::size_t start_ = 0;  // of what next() has not consumed
  std::string broken_;
};

}  // namespace raftd::net
