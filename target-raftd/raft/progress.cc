#include "target-raftd/raft/progress.h"

#include <algorithm>

namespace raftd::raft {

bool Progress::may_send(int max_inflight) const {
  return replicating_ ? inflight_.size() < static_cast<std::size_t>(max_inflight) : !probe_sent_;
}

void Progress::sent(Index last, bool has_entries, Index leader_commit) {
  told_commit_ = std::max(told_commit_, std::min(leader_commit, last));
  if (!has_entries) {
    return;
  }
  if (replicating_) {
    next_index_ = last + 1;
    inflight_.push_back(last);
  } else {
    probe_sent_ = true;
  }
}

void Progress::accepted(Index match) {
  match_index_ = std::max(match_index_, match);
  if (!replicating_ && match + 1 >= next_index_) {  // not an old answer: the probe itself was accepted
    replicating_ = true;
    probe_sent_ = false;
  }
  next_index_ = std::max(next_index_, match_index_ + 1);
  while (!inflight_.empty() && inflight_.front() <= match_index_) {
    inflight_.pop_front();
  }
}

bool Progress::refused(Index refused, Index hint) {
  // What matched once matches for the rest of the term; and of the probes only the present one counts.
  const bool late = refused <= match_index_ || (!replicating_ && refused != next_index_ - 1);
  if (late) {
    return false;
  }
  replicating_ = false;
  probe_sent_ = false;
  inflight_.clear();
  next_index_ = std::clamp(hint, match_index_ + 1, refused);
  return true;
}

void SnapshotTransfer::answered(std::uint64_t next_offset, Round round) {
  if (next_offset != offset || round > piece_round) {
    offset = std::min<std::uint64_t>(next_offset, snapshot.data->size());
    piece_under_way = false;
  }
}

void Progress::acknowledge(Round round) {
  heard_ = true;
  acknowledged_round_ = std::max(acknowledged_round_, round);
}

}  // namespace raftd::raft
