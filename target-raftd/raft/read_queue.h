// The reads that a leader has not confirmed yet (ReadIndex, dissertation §6.4). One thread at a time.
//
// A read is linearizable if it sees every command that was committed before it began. The leader knows the commit index
// once it has committed an entry of its own term, and knows that it still leads once a majority answered a heartbeat
// that left after the read arrived. So a read passes two stations:
//
//   waiting  --(a round begins; read_index = commit index)-->  joined  --(a majority answered the round)-->  confirmed
//
// All waiting reads join the next round together; a round costs one heartbeat to each follower.

#pragma once

#include <deque>
#include <vector>

#include "target-raftd/raft/effects.h"

namespace raftd::raft {

class ReadQueue {
 public:
  // `from` is the server on which the read was asked.
  void add(NodeId from, ReadId read, bool lease) { waiting_.push_back({from, read, lease, 0, 0}); }

  bool has_waiting() const { return !waiting_.empty(); }
  bool has_joined() const { return !joined_.empty(); }

  struct Read;

  // The waiting reads that a lease may confirm; they leave the queue.
  std::vector<Read> take_leased();

  // Round `round` begins: every waiting read joins it.
  void join(Round round, Index commit_index);

  struct Read {
    NodeId from = 0;
    ReadId read = 0;
    bool lease = false;  // a valid lease is confirmation enough
    Round round = 0;
    Index read_index = 0;
  };

  // The reads that joined `round` or an earlier one; they leave the queue.
  std::vector<Read> confirm(Round round);

  // All reads, confirmed or not; they leave the queue.
  std::vector<Read> abandon();

 private:
  std::vector<Read> waiting_;
  std::deque<Read> joined_;  // rounds never fall along the queue
};

}  // namespace raftd::raft
