// Snapshots that stand for the log, and their way to followers that need what the log no longer has (§7, Figure 13).

#include <algorithm>
#include <cassert>
#include <utility>

#include "target-raftd/raft/raft_state.h"

namespace raftd::raft {

SnapshotMeta Raft::snapshot_meta(Index applied) const {
  const State& state = *state_;
  assert(applied <= state.commit_index && applied >= state.snapshot.meta.position.index);
  return {.position = {state.log.term_at(applied), applied}, .configuration = state.log.configuration_at(applied)};
}

void Raft::compacted(Snapshot snapshot, Index keep_after) {
  State& state = *state_;
  if (snapshot.meta.position.index <= state.snapshot.meta.position.index) {
    return;
  }
  // What is on its way to the disk or to the state machine stays; the next compaction takes it.
  const Index covered = snapshot.meta.position.index;
  state.snapshot = std::move(snapshot);
  state.log.compact(std::min({keep_after, covered, state.log.durable_index(), state.handed_to_apply}));
}

// One piece, unless one is under way; then, when a heartbeat is due, the question how far the follower got.
void Raft::State::send_snapshot(Leader& leader, NodeId to, Progress& progress) {
  SnapshotTransfer& transfer = *progress.snapshot;
  if (transfer.piece_under_way && !leader.heartbeat_due) {
    return;
  }
  const std::string& data = *transfer.snapshot.data;
  InstallSnapshot piece{.term = term(),
                        .snapshot = transfer.snapshot.meta,
                        .size = data.size(),
                        .offset = transfer.offset,
                        .bytes = {},
                        .round = leader.round};
  if (!std::exchange(transfer.piece_under_way, true)) {
    piece.bytes = data.substr(transfer.offset, config.snapshot_chunk_bytes);
    transfer.piece_round = leader.round;
  }
  effects.messages_at_once.push_back({to, std::move(piece)});
}

// Pieces of one snapshot are put together only if they are of the same bytes: two leaders may each have a snapshot of
// one position.
void Raft::State::receive(NodeId from, InstallSnapshot piece) {
  InstallSnapshotReply reply{
      .term = term(), .position = piece.snapshot.position, .checksum = piece.snapshot.checksum, .round = piece.round};
  if (piece.term < term()) {  // a leader of the past; the reply's term tells it so
    send(from, reply);
    return;
  }
  if (std::holds_alternative<Leader>(role)) {  // Election Safety says never; believe no such peer
    return;
  }
  follow(from);
  if (piece.snapshot.position.index <= commit_index) {  // nothing that this server has not got already
    incoming.reset();
    reply.installed = true;
    send(from, reply);
    return;
  }
  if (!incoming || incoming->meta != piece.snapshot || incoming->size != piece.size) {
    incoming = Incoming{.meta = piece.snapshot, .size = piece.size, .bytes = {}};
  }
  if (piece.offset == incoming->bytes.size() && piece.bytes.size() <= piece.size - piece.offset) {
    incoming->bytes += piece.bytes;
  }
  reply.next_offset = incoming->bytes.size();
  if (reply.next_offset == incoming->size) {
    install(*std::exchange(incoming, std::nullopt));
    reply.installed = true;
  }
  send(from, reply);
}

void Raft::State::install(Incoming whole) {
  snapshot = {.meta = std::move(whole.meta), .data = std::make_shared<const std::string>(std::move(whole.bytes))};
  log.install(snapshot.meta.position, snapshot.meta.configuration);
  commit_index = handed_to_apply = snapshot.meta.position.index;
  effects.install = snapshot;
  ++counted.snapshots_installed;
}

void Raft::State::receive(NodeId from, const InstallSnapshotReply& reply) {
  auto* leader = std::get_if<Leader>(&role);
  if (leader == nullptr || reply.term != term() || !leader->peers.contains(from)) {
    return;
  }
  Progress& progress = leader->peers.at(from);
  progress.acknowledge(reply.round);
  if (auto& transfer = progress.snapshot; transfer && transfer->snapshot.meta.position == reply.position &&
                                          transfer->snapshot.meta.checksum == reply.checksum) {
    if (reply.installed) {
      transfer.reset();
      progress.accepted(reply.position.index);
      advance_commit(*leader);
      ++counted.snapshots_sent;
    } else {
      transfer->answered(reply.next_offset, reply.round);
    }
  }
  confirm_reads(*leader);
}

}  // namespace raftd::raft
