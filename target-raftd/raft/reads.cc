// Linearizable reads without writing to the log: ReadIndex (dissertation §6.4).

#include "target-raftd/raft/raft_state.h"

namespace raftd::raft {

// `from` wants to read: this server for itself, or a follower that forwarded the request.
void Raft::State::ask(NodeId from, ReadId read) {
  if (auto* leader = std::get_if<Leader>(&role)) {
    leader->reads.add(from, read);
  } else if (const auto leader_id = known_leader(); leader_id && from == config.id) {
    send(*leader_id, ReadIndexRequest{.term = term(), .read = read});
  } else {
    refuse(from, read);
  }
}

// Every heartbeat begins a round; in between, waiting reads begin one as soon as the round before is answered.
void Raft::State::begin_round(Leader& leader) {
  // Before it has committed an entry of its own term, a leader does not know which earlier entries are committed.
  const bool commit_index_is_known = log.term_at(commit_index) == term();
  const bool may_join = leader.reads.has_waiting() && commit_index_is_known;
  leader.heartbeat_due |= may_join && !leader.reads.has_joined();
  if (!leader.heartbeat_due) {
    return;
  }
  ++leader.round;
  if (may_join) {
    leader.reads.join(leader.round, commit_index);
  }
  confirm_reads(leader);  // the only server of a cluster waits for nobody
}

// A majority followed this leader after the round began, so no other leader can have committed anything before that.
void Raft::State::confirm_reads(Leader& leader) {
  std::vector<Round> acknowledged = {leader.round};
  for (const auto& [server, progress] : leader.peers) {
    acknowledged.push_back(progress.acknowledged_round());
  }
  for (const ReadQueue::Read& read : leader.reads.confirm(reached_by_majority(std::move(acknowledged)))) {
    if (read.from == config.id) {
      effects.ready_reads.push_back({.read = read.read, .read_index = read.read_index});
    } else {
      send(read.from,
           ReadIndexReply{.term = term(), .read = read.read, .success = true, .read_index = read.read_index});
    }
  }
}

void Raft::State::abandon_reads(Leader& leader) {
  for (const ReadQueue::Read& read : leader.reads.abandon()) {
    refuse(read.from, read.read);
  }
}

void Raft::State::refuse(NodeId from, ReadId read) {
  if (from == config.id) {
    effects.refused_reads.push_back(read);
  } else {
    send(from, ReadIndexReply{.term = term(), .read = read, .success = false});
  }
}

void Raft::State::receive(NodeId from, const ReadIndexRequest& request) {
  ask(from, request.read);
}

// The index is good in whatever term the answer arrives: it covers all that was committed when the read was asked, and
// a later leader takes nothing of that back.
void Raft::State::receive(NodeId, const ReadIndexReply& reply) {
  if (reply.success) {
    effects.ready_reads.push_back({.read = reply.read, .read_index = reply.read_index});
  } else {
    effects.refused_reads.push_back(reply.read);
  }
}

}  // namespace raftd::raft
