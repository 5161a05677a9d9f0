// Log replication (§5.3) and commitment (§5.4.2).

#include <algorithm>
#include <cassert>
#include <utility>

#include "target-raftd/raft/raft_state.h"

namespace raftd::raft {
namespace {

// Contiguous from prev_log on, terms never falling and none later than the sender's. A correct peer sends nothing else.
bool well_formed(const AppendEntries& request) {
  LogPosition last = request.prev_log;
  for (const Entry& entry : request.entries) {
    const bool readable = entry.kind != EntryKind::configuration || decode_configuration(entry.command);
    if (entry.index != last.index + 1 || entry.term < last.term || entry.term == 0 || !readable) {
      return false;
    }
    last = {entry.term, entry.index};
  }
  return last.term <= request.term;
}

// What a snapshot covers here is committed, so the leader's log says the same about it: only what lies behind `base`
// is of interest.
void skip_up_to(LogPosition base, AppendEntries& request) {
  if (request.prev_log.index >= base.index) {
    return;
  }
  const Index covered = std::min<Index>(base.index - request.prev_log.index, request.entries.size());
  request.entries.erase(request.entries.begin(), request.entries.begin() + static_cast<std::ptrdiff_t>(covered));
  request.prev_log = base;
}

}  // namespace

Index Raft::State::append(Leader&, EntryKind kind, std::string command) {
  const Index index = log.last_index() + 1;
  log.append({.term = term(), .index = index, .kind = kind, .command = std::move(command)});
  return index;
}

// Sends what there is to send to each follower: new entries as far as its window allows; a heartbeat when one is due
// and no entries were sent, since they are a sign of life as good. A new commit index travels with entries, or, once
// a follower has answered everything, in a heartbeat of its own: promptly, but never more than one for each answer.
void Raft::State::replicate(Leader& leader, Time now) {
  begin_round(leader, now);
  for (auto& [server, progress] : leader.peers) {
    replicate_to(leader, server, progress);
  }
  if (leader.heartbeat_due) {
    leader.heartbeat_due = false;
    leader.ticks_since_heartbeat = 0;
  }
}

void Raft::State::replicate_to(Leader& leader, NodeId to, Progress& progress) {
  if (!progress.snapshot && progress.next_index() <= log.base().index) {  // the log no longer reaches back so far
    progress.snapshot = SnapshotTransfer{.snapshot = snapshot};
  }
  if (progress.snapshot) {
    send_snapshot(leader, to, progress);
    return;
  }
  bool sent = false;
  while (progress.next_index() <= log.last_index() && progress.may_send(config.max_inflight)) {
    send_append(leader, to, progress, log.batch(progress.next_index(), config.max_batch_bytes));
    sent = true;
  }
  const bool news = progress.idle() && progress.told_commit() < std::min(commit_index, progress.match_index());
  if (!sent && (leader.heartbeat_due || news)) {
    send_append(leader, to, progress, {});
  }
}

void Raft::State::send_append(Leader& leader, NodeId to, Progress& progress, std::vector<Entry> entries) {
  const Index prev = progress.next_index() - 1;
  progress.sent(prev + entries.size(), !entries.empty(), commit_index);
  effects.messages_at_once.push_back({to, AppendEntries{.term = term(),
                                                        .prev_log = {log.term_at(prev), prev},
                                                        .entries = std::move(entries),
                                                        .leader_commit = commit_index,
                                                        .round = leader.round}});
}

// The leader commits what a majority holds durably, itself included only as far as its own disk got (dissertation
// §10.2.1). It counts only entries of its own term; those commit all before them (§5.4.2, Figure 8).
void Raft::State::advance_commit(const Leader& leader) {
  std::vector<Index> durable;
  for (const auto& [server, member] : log.configuration().members) {
    if (member.voter) {
      durable.push_back(server == config.id ? log.durable_index() : leader.peers.at(server).match_index());
    }
  }
  const Index index = reached_by_majority(std::move(durable));
  if (index > commit_index && log.term_at(index) == term()) {
    commit_up_to(index);
  }
}

void Raft::State::commit_up_to(Index index) {
  assert(index <= log.last_index());
  commit_index = std::max(commit_index, index);
}

void Raft::State::receive(NodeId from, AppendEntries request) {
  if (request.term < term()) {  // a leader of the past; the reply's term tells it so
    send(from, AppendEntriesReply{.term = term(), .match_index = request.prev_log.index, .round = request.round});
    return;
  }
  const bool second_leader = std::holds_alternative<Leader>(role);  // Election Safety says never; believe no such peer
  if (second_leader || !well_formed(request)) {
    return;
  }
  follow(from);
  skip_up_to(log.base(), request);
  const LogPosition prev = request.prev_log;
  AppendEntriesReply reply{.term = term(), .match_index = prev.index, .round = request.round};
  if (!log.holds(prev)) {
    const bool shorter = prev.index > log.last_index();
    reply.conflict_term = shorter ? 0 : log.term_at(prev.index);
    reply.conflict_index = shorter ? log.last_index() + 1 : log.first_index_of_term_at(prev.index);
    send(from, reply);
    return;
  }
  const Index last_new = prev.index + request.entries.size();
  log.merge(std::move(request.entries), commit_index);
  // Not further than what this message vouches for: what follows in our log may conflict with the leader's.
  commit_up_to(std::min(request.leader_commit, last_new));
  reply.success = true;
  reply.match_index = last_new;
  send(from, reply);
}

void Raft::State::receive(NodeId from, const AppendEntriesReply& reply) {
  auto* leader = std::get_if<Leader>(&role);
  if (leader == nullptr || reply.term != term()) {  // an answer to what this server sent in an earlier term
    return;
  }
  const auto peer = leader->peers.find(from);
  if (peer == leader->peers.end()) {  // removed meanwhile
    return;
  }
  Progress& progress = peer->second;
  if (!reply.success) {
    progress.refused(reply.match_index, next_index_after(reply));
  } else if (reply.match_index <= log.last_index()) {
    progress.accepted(reply.match_index);
    advance_commit(*leader);
  }
  progress.acknowledge(reply.round);
  confirm_reads(*leader);
}

// Where the logs may agree, by the follower's hint (§5.3, end). Example: the follower holds terms 1 1 2 2 2, this
// leader 1 1 1 3 3 3, and prev_log = (3, 5) was refused with term 2 from index 3 on. We have no entry of term 2, so
// all of them conflict: go on at 3. Had we entries of term 2, the logs could agree up to the last of ours.
Index Raft::State::next_index_after(const AppendEntriesReply& refusal) const {
  const auto last_of_term = log.last_index_of(refusal.conflict_term);
  return last_of_term ? *last_of_term + 1 : refusal.conflict_index;
}

}  // namespace raftd::raft
