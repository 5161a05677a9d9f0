// The network between simulated servers: it loses, delays, repeats and reorders messages, and cuts links one way or
// both. Some messages it keeps, and delivers again long afterwards, when they can do most harm. One thread at a time.

#pragma once

#include <deque>
#include <functional>
#include <map>
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

  // What was kept for `to` arrives again, at a moment when it may mislead it, such as an election.
  void remind(raft::NodeId to);

  void cut(raft::NodeId from, raft::NodeId to) { cut_.emplace(from, to); }
  void heal() { cut_.clear(); }

  void forget_kept() {
    kept_.clear();
    ++reminders_forgotten_;
  }

  // Nothing that was sent before arrives any more.
  void forget_all() {
    forget_kept();
    ++forgotten_;
  }

 private:
  void keep(raft::NodeId from, const raft::Envelope& envelope);
  void carry(raft::NodeId from, const raft::Envelope& envelope);

  World& world_;
  Deliver deliver_;
  std::set<std::pair<raft::NodeId, raft::NodeId>> cut_;
  std::map<raft::NodeId, std::deque<raft::Envelope>> kept_;  // by receiver; `peer` is the sender
  std::uint64_t forgotten_ = 0;
  std::uint64_t reminders_forgotten_ = 0;
};

}  // namespace raftd::simulation
