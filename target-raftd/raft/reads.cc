// Linearizable reads without writing to the log: ReadIndex (dissertation §6.4) and leases (§6.4.1).

#include "target-raftd/raft/raft_state.h"

namespace raftd::raft {

// `from` wants to read: this server for itself, or a follower that forwarded the request.
void Raft::State::ask(NodeId from, ReadId read, bool lease) {
  if (auto* leader = std::get_if<Leader>(&role)) {
    leader->reads.add(from, read, lease);
  } else if (const auto leader_id = known_leader(); leader_id && from == config.id) {
    send(*leader_id, ReadIndexRequest{.term = term(), .read = read, .lease = lease});
  } else {
    refuse(from, read);
  }
}

// Every heartbeat begins a round; in between, waiting reads begin one as soon as the round before is answered.
void Raft::State::begin_round(Leader& leader, Time now) {
  // Before it has committed an entry of its own term, a leader does not know which earlier entries are committed.
  const bool commit_index_is_known = log.term_at(commit_index) == term();
  if (commit_index_is_known && lease_holds(leader, now)) {
    for (ReadQueue::Read& read : leader.reads.take_leased()) {
      read.read_index = commit_index;
      answer(read);
    }
  }
  const bool may_join = leader.reads.has_waiting() && commit_index_is_known;
  leader.heartbeat_due |= may_join && !leader.reads.has_joined();
  if (!leader.heartbeat_due) {
    return;
  }
  ++leader.round;
  if (config.lease > Time(0)) {
    leader.lease.rounds.push_back({leader.round, now});
  }
  if (may_join) {
    leader.reads.join(leader.round, commit_index);
  }
  confirm_reads(leader);  // the only server of a cluster waits for nobody
}

// Whoever answered a round votes for nobody else until the shortest election timeout after it *received* the round's
// heartbeat; the lease counts from when the round began, which is earlier. Example: election timeout 300 ms, lease
// 240 ms, a round that began at 0 and was answered at 200: the lease holds until 240, and nobody else leads before 300.
bool Raft::State::lease_holds(const Leader& leader, Time now) const {
  return leader.lease.renewed_at && !leader.lease.forfeited && now < *leader.lease.renewed_at + config.lease;
}

// A majority followed this leader after the round began, so no other leader can have committed anything before that.
void Raft::State::confirm_reads(Leader& leader) {
  std::vector<Round> acknowledged;
  for (const auto& [server, member] : log.configuration().members) {
    if (member.voter) {
      acknowledged.push_back(server == config.id ? leader.round : leader.peers.at(server).acknowledged_round());
    }
  }
  const Round confirmed = reached_by_majority(std::move(acknowledged));
  for (auto& rounds = leader.lease.rounds; !rounds.empty() && rounds.front().round <= confirmed; rounds.pop_front()) {
    leader.lease.renewed_at = rounds.front().at;
  }
  for (const ReadQueue::Read& read : leader.reads.confirm(confirmed)) {
    answer(read);
  }
}

void Raft::State::answer(const ReadQueue::Read& read) {
  if (read.from == config.id) {
    effects.ready_reads.push_back({.read = read.read, .read_index = read.read_index});
  } else {
    send(read.from, ReadIndexReply{.term = term(), .read = read.read, .success = true, .read_index = read.read_index});
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
  ask(from, request.read, request.lease);
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
