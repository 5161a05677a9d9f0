// Sees what a node sends to the peer port of the others, and holds a packet while somebody acts upon it. By a queue of
// the kernel at each receiver, before partitions and packet faults: what was sent counts, whether or not it arrives.
//
// The rules are there while somebody watches. Has one thread. The functions may be called from any thread, begin() and
// end() from one at a time.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "nemesis/inject/cluster.h"

namespace ordeal::nemesis {

class PacketWatch {
 public:
  explicit PacketWatch(Cluster& cluster);  // it must outlive this
  ~PacketWatch();
  PacketWatch(const PacketWatch&) = delete;
  PacketWatch& operator=(const PacketWatch&) = delete;

  // Calls `seen`, which must be quick, when the so many-th TCP packet with payload has come from the sender that
  // follow() names. That packet, and all after it, wait until end(), at most two seconds. Throws std::runtime_error
  // when the kernel refuses, or nobody knows the port of the peers.
  void begin(std::uint64_t id, std::int64_t count, std::function<void()> seen);
  // Whose packets count; of another one than before they are counted anew.
  void follow(std::uint64_t id, const Node& sender);
  // From whom to whom; nullopt: not yet.
  std::optional<std::pair<Node, Node>> seen(std::uint64_t id) const;
  void end(std::uint64_t id);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::nemesis
