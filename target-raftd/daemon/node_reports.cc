// What observers ask of a node. All of it is taken within one turn of the loop, so each answer is one consistent view.

#include "target-raftd/daemon/node.h"

namespace raftd::daemon {

StatusReport Node::status() const {
  StatusReport report{.raft = raft_->status(),
                      .applied_index = applied_index_,
                      .state_hash = store_.state_hash(),
                      .keys = store_.size(),
                      .sessions = store_.session_count(),
                      .cluster_name = flags_.cluster_name,
                      .incarnation = incarnation_,
                      .configuration_index = raft_->configuration_index(),
                      .members = {}};
  for (const auto& [id, member] : raft_->configuration().members) {
    report.members.push_back({.id = id,
                              .address = member.address,
                              .voter = member.voter,
                              .connected = id == flags_.id || peers_->connected(id)});
  }
  return report;
}

MetricsReport Node::metrics() const {
  MetricsReport report{.status = status(),
                       .fsync = fsync_,
                       .leader_changes = leader_changes_,
                       .snapshots_made = snapshots_made_,
                       .requests_waiting = requests_.waiting(),
                       .proposals = proposals_.count(),
                       .proposed_bytes = proposals_.bytes(),
                       .peers = {}};
  for (const auto& [id, counters] : peers_->counters()) {
    report.peers.push_back({.id = id,
                            .connected = peers_->connected(id),
                            .messages_in = counters.messages_in,
                            .messages_out = counters.messages_out,
                            .bytes_in = counters.bytes_in,
                            .bytes_out = counters.bytes_out,
                            .reconnects = counters.reconnects,
                            .dropped = counters.dropped});
  }
  return report;
}

}  // namespace raftd::daemon
