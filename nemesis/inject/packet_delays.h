// Plays the fates of packets (impairment.h) in the namespaces of all nodes. Has one thread, which holds what is delayed
// in a heap by the time of its release. The functions may be called from any thread.
//
// Several faults may strike the same link: then delays add up, and a packet passes only if none of them loses it.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "nemesis/inject/impairment.h"
#include "nemesis/plan/fault.h"

namespace ordeal::nemesis {

// A directed link, and which of its packets.
struct StruckLink {
  Node from, to;
  std::string from_address;                          // IPv4
  std::optional<std::uint16_t> port = std::nullopt;  // only from or to that one
};

class PacketDelays {
 public:
  PacketDelays();
  ~PacketDelays();  // lets everything through that is held
  PacketDelays(const PacketDelays&) = delete;
  PacketDelays& operator=(const PacketDelays&) = delete;

  // From now on packets that rules lead to the queue of that namespace are taken. Nothing, when they are already.
  // Throws std::runtime_error when the kernel refuses.
  void listen(const Node& node, int network_namespace);

  void strike(std::uint64_t fault, const StruckLink& link, const Packets& how);

  // What was observed so far, by sender and receiver.
  using Counts = std::map<std::pair<Node, Node>, LinkCounts>;
  Counts counts(std::uint64_t fault) const;

  // Strikes no further packet; what is held comes at its time.
  void relent(std::uint64_t fault);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::nemesis
