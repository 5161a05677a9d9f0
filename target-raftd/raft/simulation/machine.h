// One simulated machine: a raft server with its disk, its clock and its key-value store. It stands where the shell of
// a real daemon stands, and performs the effects of the protocol in the two lanes that raft::Effects states. One
// thread.

#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "target-raftd/kv/store.h"
#include "target-raftd/raft/raft.h"
#include "target-raftd/raft/simulation/clock.h"
#include "target-raftd/raft/simulation/disk.h"
#include "target-raftd/raft/simulation/invariants.h"
#include "target-raftd/raft/simulation/network.h"
#include "target-raftd/raft/simulation/world.h"

namespace raftd::simulation {

class Machine {
 public:
  Machine(World& world, Network& network, Invariants& invariants, raft::NodeId id, raft::Configuration bootstrap);

  void start();
  void crash();
  void pause(Time duration) { paused_until_ = world_.timeline.now() + duration; }
  // The next write to the disk fails: `stop` is called, which has to crash the machine.
  void fail_disk(std::function<void()> stop) { disk_fails_ = std::move(stop); }
  // It will never start again, and nobody will ever read its disk.
  void lose_disk();

  raft::NodeId id() const { return id_; }
  bool up() const { return raft_.has_value(); }
  bool lost() const { return lost_; }
  bool leads() const { return up() && raft_->status().role == raft::Role::leader; }
  const raft::Raft& raft() const { return *raft_; }
  raft::Status status() const { return raft_->status(); }
  raft::Index applied() const { return applied_; }
  const Disk& disk() const { return disk_; }

  // Something that this start of the machine will do after `delay`; later, if it is paused by then.
  void after(Time delay, std::function<void()> event);

  void receive(const raft::Envelope& envelope);

  // nullopt: another command was committed in its place, or nobody here knows what became of it. Never called when the
  // machine crashes before.
  using WriteDone = std::function<void(std::optional<kv::Result>)>;
  raft::Proposal write(const kv::Command& command, WriteDone done);

  // The state up to `shown` was read for the index `read_index`; nullopt: refused.
  struct Shown {
    raft::Index read_index = 0;
    raft::Index shown = 0;
  };
  using ReadDone = std::function<void(std::optional<Shown>)>;
  void read(raft::ReadId id, raft::ReadMode mode, ReadDone done);

  // What an operator asks for.
  std::variant<raft::Accepted, raft::ChangeRefusal> change(const raft::MembershipChange& change);
  std::optional<raft::TransferRefusal> transfer(raft::NodeId server);

 private:
  struct PendingWrite {
    raft::Term term = 0;
    WriteDone done;
  };
  struct PendingRead {
    std::optional<raft::Index> index;  // once it is ready
    ReadDone done;
    raft::Index committed_before = 0;
    bool by_lease = false;
  };
  // Duties of the lane that need not wait for this server's disk.
  struct Duties {
    std::optional<raft::Snapshot> install;
    std::vector<raft::Entry> committed;
    std::vector<raft::ReadyRead> ready_reads;
    std::vector<raft::ReadId> refused_reads;
    std::uint64_t batch = 0;  // of the disk that has to be durable before; 0: none
    Time not_before = 0;
  };

  raft::Config config();
  void tick();
  void changed();
  void take();
  void trace_effects(const raft::Effects& effects);
  void send(const std::vector<raft::Envelope>& messages);
  void plan_disk();
  void disk_done();

  // --- machine_state.cc: the state machine and its snapshots
  void restore(const raft::Snapshot& snapshot);
  void plan_duties(Duties duties);
  void perform_duties();
  void perform(const Duties& duties);
  void apply(const raft::Entry& entry);
  void ready(const raft::ReadyRead& read);
  void answer_reads();
  void make_snapshot();
  void snapshot_saved(const raft::Snapshot& snapshot);

  World& world_;
  Network& network_;
  Invariants& invariants_;
  const raft::NodeId id_;

  Disk disk_;
  Clock clock_;
  std::uint64_t starts_ = 0;  // events of an earlier start die with it
  Time paused_until_ = 0;
  std::function<void()> disk_fails_;
  bool lost_ = false;

  std::optional<raft::Raft> raft_;
  raft::Role role_ = raft::Role::follower;
  int ticks_handing_over_ = 0;
  bool take_is_planned_ = false;

  kv::Store store_;
  raft::Index applied_ = 0;
  std::deque<Duties> duties_;
  bool duties_are_planned_ = false;
  bool making_snapshot_ = false;
  std::map<raft::Index, PendingWrite> writes_;
  std::map<raft::ReadId, PendingRead> reads_;
};

}  // namespace raftd::simulation
