// What all connections of this server share. One thread.

#pragma once

#include <map>
#include <memory>

#include "target-raftd/net/counters.h"
#include "target-raftd/net/greeting.h"
#include "target-raftd/net/peers.h"

namespace raftd::net {

struct Local {
  boost::asio::io_context& loop;
  PeersConfig config;
  PeersHandlers handlers;
  std::map<raft::NodeId, std::shared_ptr<PeerCounters>> counters = {};  // of the servers that are dialled
  bool stopped = false;  // nothing may be handled any more; whoever waits in the loop ends when it wakes

  Hello hello_to(raft::NodeId peer) const {
    return make_hello(config.cluster_name, config.incarnation, config.id, peer);
  }
};

}  // namespace raftd::net
