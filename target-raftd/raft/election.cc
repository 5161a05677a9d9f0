// Leader election (§5.2), its restriction to candidates with an up-to-date log (§5.4.1), and what keeps it calm:
// PreVote (§9.6) and CheckQuorum (§6.2, §4.2.3).

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

// Whether a leader is alive as far as this server can tell: it leads itself (and CheckQuorum makes sure that it still
// can), or it has heard from its leader within the shortest election timeout.
bool Raft::State::hears_leader() const {
  return std::holds_alternative<Leader>(role) || ticks_since_leader < config.election_timeout_ticks;
}

// A server that was cut off, or was removed and does not know it, must not depose a leader that others hear well; nor
// may anybody be elected while a lease runs that rests on this server's answer (§4.2.3, §6.4.1). Only a successor whom
// the leader itself has asked may.
bool Raft::State::begins_term(const RequestVote& request) const {
  return request.term <= term() || request.by_transfer || !config.check_quorum || !hears_leader();
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
    ticks_since_leader = config.election_timeout_ticks;
  }
  role = Follower{};
}

// Figure 2, followers and candidates: an AppendEntries of the current term is a sign of life of its leader.
void Raft::State::follow(NodeId leader) {
  role = Follower{.leader = leader};
  reset_election_timer();
  ticks_since_leader = 0;
}

// A leader that a majority no longer answers cannot commit anything; it makes room for one that can (§6.2).
void Raft::State::check_quorum(Leader& leader) {
  std::size_t heard = votes() ? 1 : 0;
  for (auto& [server, progress] : leader.peers) {
    heard += progress.take_heard() && log.configuration().is_voter(server) ? 1 : 0;
  }
  if (config.check_quorum && heard < majority(log.configuration().voters())) {
    stand_down();
  }
}

// A voter; and also one whose removal is in its log but not committed yet: the others may not have that entry, and need
// this server to be elected, or to elect (§4.2.2). Its own vote does not count then.
bool Raft::State::may_campaign() const {
  const Index newest = log.configuration_index();
  return votes() || (newest > commit_index && log.configuration_at(newest - 1).is_voter(config.id));
}

void Raft::State::campaign() {
  if (!may_campaign()) {  // a learner, a removed server, or one that waits to be added
    reset_election_timer();
  } else if (config.pre_vote) {
    start_pre_election();
  } else {
    start_election(false);
  }
}

// Would a majority vote for this server? As long as it would not, no term begins (§9.6).
void Raft::State::start_pre_election() {
  reset_election_timer();
  ++counted.pre_votes;
  auto& candidate = role.emplace<PreCandidate>();
  candidate.votes.grant(config.id);
  if (candidate.votes.majority_of(log.configuration())) {  // the only voter of its cluster
    start_election(false);
    return;
  }
  ask_for_votes({.term = term() + 1, .last_log = log.last(), .pre_vote = true});
}

void Raft::State::start_election(bool by_transfer) {
  hard_state = {.current_term = term() + 1, .voted_for = config.id};
  reset_election_timer();
  ++counted.elections;
  auto& candidate = role.emplace<Candidate>();
  candidate.votes.grant(config.id);
  ask_for_votes({.term = term(), .last_log = log.last(), .by_transfer = by_transfer});
  if (candidate.votes.majority_of(log.configuration())) {
    become_leader();
  }
}

void Raft::State::ask_for_votes(const RequestVote& request) {
  for (const auto& [server, member] : log.configuration().members) {
    if (member.voter && server != config.id) {
      send(server, request);
    }
  }
}

void Raft::State::become_leader() {
  auto& leader = role.emplace<Leader>();
  adopt_configuration(leader);
  // Entries of earlier terms are committed only through one of this term (§5.4.2), so the leader makes one at once.
  append(leader, EntryKind::no_op, {});
}

void Raft::State::receive(NodeId from, const RequestVote& request) {
  // Only for a log at least as up-to-date as ours (§5.4.1).
  const bool up_to_date = request.last_log >= log.last();
  if (request.pre_vote) {
    const bool granted = request.term > term() && up_to_date && !hears_leader();
    // A refusal tells this server's term: who lags behind learns it, and asks for a later one next time.
    send(from, RequestVoteReply{.term = granted ? request.term : term(), .vote_granted = granted, .pre_vote = true});
    return;
  }
  // One vote a term, first come first served (§5.2).
  const bool current = request.term == term();
  const bool vote_is_free = !hard_state.voted_for || hard_state.voted_for == from;
  const bool granted = current && vote_is_free && up_to_date;
  if (granted) {
    hard_state.voted_for = from;
    reset_election_timer();
  }
  send(from, RequestVoteReply{.term = term(), .vote_granted = granted});
}

void Raft::State::receive(NodeId from, const RequestVoteReply& reply) {
  if (!reply.vote_granted) {
    return;
  }
  if (auto* hopeful = std::get_if<PreCandidate>(&role); hopeful != nullptr && reply.pre_vote) {
    if (reply.term == term() + 1) {
      hopeful->votes.grant(from);
      if (hopeful->votes.majority_of(log.configuration())) {
        start_election(false);
      }
    }
    return;
  }
  auto* candidate = std::get_if<Candidate>(&role);
  if (candidate == nullptr || reply.pre_vote || reply.term != term()) {  // too late, or of an earlier election
    return;
  }
  candidate->votes.grant(from);
  if (candidate->votes.majority_of(log.configuration())) {
    become_leader();
  }
}

}  // namespace raftd::raft
