// One simulated machine: a raft server with its disk, its clock and its key-value store. It stands where the shell of
// a real daemon stands, and performs the effects of the protocol in the order that raft::Effects states. One thread.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "target-raftd/kv/store.h"
#include "target-raftd/raft/raft.h"
#include "target-raftd/raft/simulation/disk.h"
#include "target-raftd/raft/simulation/invariants.h"
#include "target-raftd/raft/simulation/network.h"
#include "target-raftd/raft/simulation/world.h"

namespace raftd::simulation {

class Machine {
 public:
  Machine(World& world, Network& network, Invariants& invariants, raft::NodeId id);

  void start();
  void crash();
  void pause(Time duration) { paused_until_ = world_.timeline.now() + duration; }

  bool up() const { return raft_.has_value(); }
  bool leads() const { return up() && raft_->status().role == raft::Role::leader; }
  raft::Status status() const { return raft_->status(); }
  raft::Index applied() const { return applied_; }
  const Disk& disk() const { return disk_; }

  // Something that this start of the machine will do after `delay`; later, if it is paused by then.
  void after(Time delay, std::function<void()> event);

  void receive(const raft::Envelope& envelope);

  // nullopt: another command was committed in its place. Never called when the machine crashes before.
  using WriteDone = std::function<void(std::optional<kv::Result>)>;
  raft::Proposal write(const kv::Command& command, WriteDone done);

  // The state up to `shown` was read for the index `read_index`; nullopt: refused.
  struct Shown {
    raft::Index read_index = 0;
    raft::Index shown = 0;
  };
  using ReadDone = std::function<void(std::optional<Shown>)>;
  void read(raft::ReadId id, ReadDone done);

 private:
  struct PendingWrite {
    raft::Term term = 0;
    WriteDone done;
  };
  struct PendingRead {
    std::optional<raft::Index> index;  // once it is ready
    ReadDone done;
  };

  void tick();
  void changed();
  void take();
  void trace_effects(const raft::Effects& effects);
  void send(const std::vector<raft::Envelope>& messages);
  void plan_disk();
  void disk_done();
  void perform(const raft::Effects& effects);
  void apply(const raft::Entry& entry);
  void answer_reads();

  World& world_;
  Network& network_;
  Invariants& invariants_;
  const raft::NodeId id_;

  Disk disk_;
  std::uint64_t starts_ = 0;  // events of an earlier start die with it
  Time paused_until_ = 0;

  std::optional<raft::Raft> raft_;
  kv::Store store_;
  raft::Index applied_ = 0;
  bool take_is_planned_ = false;
  std::map<raft::Index, PendingWrite> writes_;
  std::map<raft::ReadId, PendingRead> reads_;
};

}  // namespace raftd::simulation
