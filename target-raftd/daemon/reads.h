// Linearizable reads on their way: asked of the protocol in batches, answered when the state machine is far enough.
// Pure. One thread.
//
// All reads that arrive in one turn of the loop share one ReadIndex request: whatever index confirms it was current at
// some time after each of them arrived. A batch that got no word for a while is asked again under a new id (its request
// or its answer was lost); reads have no effect, so that is harmless.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "target-raftd/daemon/requests.h"
#include "target-raftd/raft/raft.h"

namespace raftd::daemon {

class Reads {
 public:
  using Clock = Requests::Clock;

  struct Read {
    RequestId request = 0;
    std::string key;
  };
  using Batch = std::vector<Read>;

  // `first_id` must be such that ids do not repeat over restarts: random.
  explicit Reads(raft::ReadId first_id) : next_id_(first_id) {}

  void add(Read read, raft::ReadMode mode) { gathering_[mode].push_back(std::move(read)); }

  // What to ask for now: one id for all of one mode that was added since, and one for each batch asked before
  // `lost_before`. Requests that nobody waits for any more are dropped on the way.
  struct Question {
    raft::ReadId id = 0;
    raft::ReadMode mode = raft::ReadMode::read_index;
    bool operator==(const Question&) const = default;
  };
  std::vector<Question> ask(Clock::time_point now, Clock::time_point lost_before, const Requests& requests);

  // The protocol has confirmed an id: its batch may be answered once `read_index` is applied.
  void ready(raft::ReadId id, raft::Index read_index);

  // The protocol has refused an id.
  Batch refused(raft::ReadId id);

  // The reads that may be answered from the state at `applied_index`.
  Batch answerable(raft::Index applied_index);

 private:
  struct Asked {
    Clock::time_point at;
    raft::ReadMode mode = raft::ReadMode::read_index;
    Batch batch;
  };

  raft::ReadId next_id_;
  std::map<raft::ReadMode, Batch> gathering_;
  std::map<raft::ReadId, Asked> asked_;
  std::multimap<raft::Index, Batch> confirmed_;  // by read index
};

}  // namespace raftd::daemon
