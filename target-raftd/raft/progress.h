// What a leader knows about the log of one follower, and what it may send to it. One thread at a time.
//
// A follower is being probed, replicating, or getting a snapshot.
//   probing      The leader does not know where the logs part. One AppendEntries at a time, at next_index, until it is
//                accepted; each refusal moves next_index back by the follower's hint.
//   replicating  The logs agree up to next_index - 1 unless a message was lost, so AppendEntries are pipelined:
//                next_index advances as they are sent, at most max_inflight unanswered.
//   snapshot     The log no longer reaches back to next_index: the follower gets a snapshot, and then is probed behind
//   it.
//
// Lost messages need no timer of their own, because a heartbeat names the entry before next_index: an answer of success
// acknowledges everything that was sent, a refusal says where to send again.

#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "target-raftd/raft/message.h"

namespace raftd::raft {

// A snapshot on its way to a follower, one piece at a time.
struct SnapshotTransfer {
  Snapshot snapshot = {};
  std::uint64_t offset = 0;  // how much of it the follower has, as far as it said
  bool piece_under_way = false;
  Round piece_round = 0;  // of the piece that is under way

  // The follower has `next_offset` bytes. If that is no news and the question was asked after the piece left, the piece
  // is lost: connections keep order.
  void answered(std::uint64_t next_offset, Round round);
};

class Progress {
 public:
  explicit Progress(Index next_index) : next_index_(next_index) {}

  Index match_index() const { return match_index_; }  // the follower's log is durable and equal to ours up to here
  Index next_index() const { return next_index_; }    // of the next entry to send
  Round acknowledged_round() const { return acknowledged_round_; }

  // Whether another AppendEntries with entries may leave now.
  bool may_send(int max_inflight) const;

  // Whether everything sent has been answered, and the logs agree.
  bool idle() const { return replicating_ && inflight_.empty(); }

  // An AppendEntries whose last entry (or prev_log, if it has none) is `last` left with this leader_commit.
  void sent(Index last, bool has_entries, Index leader_commit);

  // The highest commit index that the follower could learn from what was sent.
  Index told_commit() const { return told_commit_; }

  // A success for everything up to `match`. Answers come late and repeated: match_index never falls.
  void accepted(Index match);

  // A refusal of prev_log.index `refused`; `hint` is where the leader thinks that it should go on. False: a late
  // refusal, which says nothing about what was sent since.
  bool refused(Index refused, Index hint);

  // Any answer of the leader's term to a message of this round.
  void acknowledge(Round round);

  // Whether it answered since this was last asked.
  bool take_heard() { return std::exchange(heard_, false); }

  std::optional<SnapshotTransfer> snapshot;

 private:
  Index match_index_ = 0;
  Index next_index_;
  Index told_commit_ = 0;
  Round acknowledged_round_ = 0;
  bool replicating_ = false;
  bool probe_sent_ = false;
  bool heard_ = true;           // a new leader grants everyone an election timeout
  std::deque<Index> inflight_;  // last index of every unanswered AppendEntries with entries, rising
};

}  // namespace raftd::raft
