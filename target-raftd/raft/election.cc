// Leader election (§5.2) and its restriction to candidates with an up-to-date log (§5.4.1).

#include <utility>

#include "target-raftd/raft/raft_state.h"

namespace raftd::raft {

// A timeout drawn anew from [n, 2n) after every reset keeps split votes rare (§5.2). Standard distributions differ
// between libraries, hence the own draw: the upper 32 bits of the engine as a fraction of n.
void Raft::State::reset_election_timer() {
  const auto n = static_cast<std::uint64_t>(config.election_timeout_ticks);
  election_timeout = config.election_timeout_ticks + static_cast<int>(((random() >> 32) * n) >> 32);
  ticks_since_contact = 0;
}

// Figure 2, all servers: a higher term in any message makes this server a follower in that term, without a vote yet.
void Raft::State::observe(Term term) {
  if (term > hard_state.current_term) {
    hard_state = {.current_term = term, .voted_for = std::nullopt};
    stand_down();
  }
}

void Raft::State::stand_down() {
  if (auto* leader = std::get_if<Leader>(&role)) {
    abandon_reads(*leader);
    reset_election_timer();  // which stood still while this server led
  }
  role = Follower{};
}

// Figure 2, followers and candidates: an AppendEntries of the current term is a sign of life of its leader.
void Raft::State::follow(NodeId leader) {
  role = Follower{.leader = leader};
  reset_election_timer();
}

void Raft::State::start_election() {
  hard_state = {.current_term = term() + 1, .voted_for = config.id};
  reset_election_timer();
  auto& candidate = role.emplace<Candidate>();
  candidate.votes.grant(config.id);
  for (const NodeId server : config.servers) {
    if (is_peer(server)) {
      send(server, RequestVote{.term = term(), .last_log = log.last()});
    }
  }
  if (candidate.votes.majority_of(config.servers.size())) {  // the only server of its cluster
    become_leader();
  }
}

void Raft::State::become_leader() {
  auto& leader = role.emplace<Leader>();
  for (const NodeId server : config.servers) {
    if (is_peer(server)) {
      leader.peers.emplace(server, Progress(log.last_index() + 1));
    }
  }
  // Entries of earlier terms are committed only through one of this term (§5.4.2), so the leader makes one at once.
  append(leader, EntryKind::no_op, {});
}

void Raft::State::receive(NodeId from, const RequestVote& request) {
  // One vote a term, first come first served (§5.2), and only for a log at least as up-to-date as ours (§5.4.1).
  const bool current = request.term == term();
  const bool vote_is_free = !hard_state.voted_for || hard_state.voted_for == from;
  const bool up_to_date = request.last_log >= log.last();
  const bool granted = current && vote_is_free && up_to_date;
  if (granted) {
    hard_state.voted_for = from;
    reset_election_timer();
  }
  send(from, RequestVoteReply{.term = term(), .vote_granted = granted});
}

void Raft::State::receive(NodeId from, const RequestVoteReply& reply) {
  auto* candidate = std::get_if<Candidate>(&role);
  if (candidate == nullptr || reply.term != term() || !reply.vote_granted) {  // too late, or of an earlier election
    return;
  }
  candidate->votes.grant(from);
  if (candidate->votes.majority_of(config.servers.size())) {
    become_leader();
  }
}

}  // namespace raftd::raft
