// The disk of one simulated server: what is durable, and the batches on their way. One thread at a time.
//
// It performs the disk's lane of raft::Effects, duties 1 to 3. Batches are written in order, several may be under way,
// and a crash keeps any prefix of what was under way: nothing, all of it, or a batch of which only the first duties
// and some entries made it. Snapshots that the server makes itself are written beside that, whole or not at all, so a
// crash may find a snapshot that is ahead of the log, or a log that was not compacted yet.

#pragma once

#include <deque>
#include <vector>

#include "target-raftd/raft/raft.h"
#include "target-raftd/raft/simulation/dice.h"
#include "target-raftd/raft/simulation/options.h"

namespace raftd::simulation {

class Disk {
 public:
  struct Batch {
    raft::Effects effects;     // only what belongs to this lane, and the messages that leave at once
    std::uint64_t number = 0;  // from 1
    Time done_at = 0;
    bool planned = false;  // somebody waits for done_at
  };

  // The disk of a server that knows this configuration before it has a log.
  explicit Disk(raft::Configuration bootstrap);

  // Accepts a batch at `now`. It takes `duration`, beside those before it, but is never done before them. Its number.
  std::uint64_t write(raft::Effects effects, Time now, Time duration);

  // The first batch under way, if nobody waits for it yet.
  const Batch* first_unplanned();

  // The first batch is durable. What is left are its messages, and what to tell the server.
  raft::Effects finish_first();
  bool finished(std::uint64_t number) const { return number <= finished_; }

  // The messages that may leave at once: those before which no hard state is still under way.
  std::vector<raft::Envelope> take_messages_at_once();

  // The server's own snapshots, and what they allow to drop.
  void save(const raft::Snapshot& snapshot);
  void compact(raft::LogPosition base);

  // Everything that was not durable is gone, or some of it made it. True: a batch was torn.
  bool crash(Dice& dice);

  // What storage finds at start: a log that does not fit the snapshot is dropped (§7).
  raft::Persisted recover();

  // What recover() would find.
  const raft::HardState& hard_state() const { return durable_.hard_state; }
  raft::LogPosition snapshot() const { return durable_.snapshot.meta.position; }
  raft::LogPosition last() const;
  bool holds(raft::LogPosition committed) const;
  const raft::Configuration& configuration() const;

 private:
  struct InForce {
    raft::Index index = 0;  // from there on
    raft::Configuration configuration;
  };

  void install(const raft::Snapshot& snapshot);
  void drop_log();
  void write_entries(const std::vector<raft::Entry>& entries, std::size_t count);
  bool stores(raft::LogPosition position) const;
  bool log_fits() const { return stores(snapshot()); }

  raft::Persisted durable_;
  std::vector<InForce> configurations_;  // of the log behind its base
  std::deque<Batch> under_way_;
  std::uint64_t written_ = 0;
  std::uint64_t finished_ = 0;
};

}  // namespace raftd::simulation
