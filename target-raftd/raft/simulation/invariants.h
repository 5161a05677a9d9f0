// All that must hold in every moment of every run, whatever the faults. The simulation reports each step of each
// server; a broken rule is thrown as a Violation. One thread at a time.
//
// From the Raft paper (Figure 3): Election Safety, Leader Append-Only, Log Matching, Leader Completeness, State Machine
// Safety. From Figure 2: one vote a term; terms and votes durable before they are told; terms never fall; the commit
// index never falls; entries are applied in order, once. From §8 and dissertation §6: commands take effect once, reads
// are linearizable. Two more make wrong commitment visible at once, instead of after the rare crash that loses it:
//   Durable Majority   a committed entry is durable on a majority of the disks;
//   Unelectable        no server whose durable log lacks it could collect a majority (what Figure 8 is about).
//
// Every rule costs O(what changed): each log is mirrored as a chain of hashes, in which each link covers all entries up
// to it, so two logs are equal up to an index if and only if their links there are equal.

#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "target-raftd/kv/command.h"
#include "target-raftd/kv/store.h"
#include "target-raftd/raft/raft.h"
#include "target-raftd/raft/simulation/statistics.h"

namespace raftd::simulation {

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Invariants {
 public:
  explicit Invariants(Statistics& statistics) : statistics_(statistics) {}

  // One of the servers, and what is durable on its disk, whether it is down or up.
  void watch(raft::NodeId server, const raft::Persisted& disk) { disks_[server] = &disk; }

  void started(raft::NodeId server, const raft::Persisted& found);
  void stopped(raft::NodeId server);

  // The effects of some inputs were just taken.
  void stepped(raft::NodeId server, const raft::Raft& raft, const raft::Effects& effects);

  // A message leaves.
  void sent(raft::NodeId server, const raft::Envelope& envelope);

  // A committed entry was applied; for commands, with this result.
  void applied(raft::NodeId server, const raft::Entry& entry, const kv::Store& store);
  void performed(const kv::Command& command, std::uint64_t index, const kv::Result& result);

  // What a read or a write that begins now has to see, and what the answer showed: everything up to an index.
  raft::Index seen() const { return seen_; }
  void read_answered(raft::Index seen_before, raft::Index read_index, raft::Index shown);
  void write_answered(raft::Index seen_before, bool retried, const kv::Result& result);

  raft::Index committed() const { return committed_.size(); }

 private:
  struct Link {
    raft::Term term = 0;
    std::uint64_t chain = 0;  // hash of all entries up to this one
  };
  struct Committed {
    Link link;
    raft::Term known_in = 0;  // the term of the server that was the first to call it committed
  };
  struct Applied {
    raft::Term term = 0;
    std::uint64_t state_hash = 0;
  };
  struct Server {
    raft::Role role = raft::Role::follower;
    raft::Term term = 0;
    std::vector<Link> log;
    raft::Index commit_index = 0;
    raft::Index applied = 0;
  };

  void mirror(raft::NodeId id, const raft::Status& status, const std::vector<raft::Entry>& entries);
  void append(raft::NodeId id, const raft::Entry& entry);
  void check_role(raft::NodeId id, const raft::Status& status);
  void check_commit(raft::NodeId id, raft::Index commit_index);
  void first_commit(const Server& server, raft::Index index);
  void check_leader_is_complete(raft::NodeId id, raft::Term term, const Server& server);
  void check_durable_on_majority(raft::LogPosition position);
  void check_unelectable_without(raft::LogPosition position);
  void vote(raft::NodeId from, raft::NodeId to, raft::Term term);

  std::map<raft::NodeId, const raft::Persisted*> disks_;
  Statistics& statistics_;
  std::map<raft::NodeId, Server> servers_;
  std::map<raft::Term, raft::NodeId> leaders_;
  std::map<std::pair<raft::NodeId, raft::Term>, raft::NodeId> votes_;
  std::map<raft::LogPosition, std::uint64_t> chains_;  // of every entry that ever was in a log
  std::vector<Committed> committed_;                   // the entry with index i is at i - 1
  std::vector<Applied> applied_;
  std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> effects_;  // session and serial -> index
  raft::Index seen_ = 0;
};

}  // namespace raftd::simulation
