// The network between simulated servers: it loses, delays, repeats and reorders messages, and cuts links one way or
// both. One thread at a time.

#pragma once

#include <functional>
#include <set>
#include <utility>

#include "target-raftd/raft/message.h"
#include "target-raftd/raft/simulation/world.h"

namespace raftd::simulation {

class Network {
 public:
  using Deliver = std::function<void(raft::NodeId to, const raft::Envelope& from)>;

  Network(World& world, Deliver deliver) : world_(world), deliver_(std::move(deliver)) {}

  void send(raft::NodeId from, const raft::Envelope& envelope);

  void cut(raft::NodeId from, raft::NodeId to) { cut_.emplace(from, to); }
  void heal() { cut_.clear(); }

 private:
  void carry(raft::NodeId from, const raft::Envelope& envelope);

  World& world_;
  Deliver deliver_;
  std::set<std::pair<raft::NodeId, raft::NodeId>> cut_;
};

}  // namespace raftd::simulation
