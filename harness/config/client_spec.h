// How clients talk to a target, all that its file says of it. Plain values; any thread.

#pragma once

namespace ordeal::harness {

enum class ClientKind { raftd, etcd_v3 };

struct ClientSpec {
  ClientKind kind = ClientKind::raftd;
  bool operator==(const ClientSpec&) const = default;
};

}  // namespace ordeal::harness
