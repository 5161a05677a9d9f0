// The disk of one simulated server: what is durable, and the batches on their way. One thread at a time.
//
// It performs duties 1 and 2 of raft::Effects. Batches are written in order, several may be under way, and a crash
// keeps any prefix of what was under way: nothing, all of it, or a batch whose hard state and some entries made it.

#pragma once

#include <deque>

#include "target-raftd/raft/raft.h"
#include "target-raftd/raft/simulation/dice.h"
#include "target-raftd/raft/simulation/options.h"

namespace raftd::simulation {

class Disk {
 public:
  struct Batch {
    raft::Effects effects;
    Time done_at = 0;
    bool planned = false;  // somebody waits for done_at
  };

  // Accepts a batch at `now`. It takes `duration`, beside those before it, but is never done before them.
  void write(raft::Effects effects, Time now, Time duration);

  // The first batch under way, if nobody waits for it yet.
  const Batch* first_unplanned();

  // The first batch is durable. It stays the first until its other duties are performed.
  raft::Effects make_first_durable();
  void finish_first();

  // The messages that may leave at once: those before which no hard state is still under way.
  std::vector<raft::Envelope> take_messages_at_once();

  // Everything that was not durable is gone, or some of it made it. True: a batch was torn.
  bool crash(Dice& dice);

  const raft::Persisted& durable() const { return durable_; }

 private:
  void write_entries(const std::vector<raft::Entry>& entries, std::size_t count);

  raft::Persisted durable_;
  std::deque<Batch> under_way_;
};

}  // namespace raftd::simulation
