// All that must hold in every moment of every run, whatever the faults. The simulation reports each step of each
// server; a broken rule is thrown as a Violation. One thread at a time.
//
// From the Raft paper (Figure 3): Election Safety, Leader Append-Only, Log Matching, Leader Completeness, State Machine
// Safety. From Figure 2: one vote a term; terms and votes durable before they are told; terms never fall; the commit
// index never falls; entries are applied in order, once. From §7: a snapshot is the state at its position. From §8 and
// dissertation §6: commands take effect once, reads are linearizable. From dissertation chapter 4: one change of the
// configuration at a time, a learner neither counts nor leads. Three more make a wrong election or commitment visible
// at once, instead of after the rare crash that loses an entry:
//   Elected By Majority   a leader's votes were given by a majority of the voters;
//   Durable Majority      a committed entry is durable on a majority of the voters' disks;
//   Unelectable           no server whose durable log lacks it could collect a majority (what Figure 8 is about).
//
// Every rule costs O(what changed): each log is mirrored as a chain of hashes, in which each link covers all entries up
// to it, so two logs are equal up to an index if and only if their links there are equal. A mirror begins at index 1
// even where the log begins behind a snapshot: what a snapshot covers is committed, hence known.

#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "target-raftd/kv/store.h"
#include "target-raftd/raft/raft.h"
#include "target-raftd/raft/simulation/disk.h"
#include "target-raftd/raft/simulation/statistics.h"

namespace raftd::simulation {

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Invariants {
 public:
  Invariants(Statistics& statistics, raft::Configuration bootstrap);

  // One of the servers, and its disk, whether it is down or up.
  void watch(raft::NodeId server, const Disk& disk) { disks_[server] = &disk; }

  // `store` is the state machine as its snapshot says.
  void started(raft::NodeId server, const raft::Persisted& found, const kv::Store& store);
  void stopped(raft::NodeId server);

  // The effects of some inputs were just taken.
  void stepped(raft::NodeId server, const raft::Raft& raft, const raft::Effects& effects);

  // A message leaves.
  void sent(raft::NodeId server, const raft::Envelope& envelope);

  // A proposal was made; `handing_over` when it came.
  void proposed(raft::NodeId server, bool handing_over, bool accepted) const;

  // A committed entry was applied; for commands, with this result.
  void applied(raft::NodeId server, const raft::Entry& entry, const kv::Store& store);
  void performed(const kv::Command& command, std::uint64_t index, const kv::Result& result);

  // A snapshot was made of this store; the state machine was replaced by one.
  void snapshot_made(raft::NodeId server, const raft::SnapshotMeta& meta);
  void installed(raft::NodeId server, const raft::Snapshot& snapshot, const std::optional<kv::Store>& store);

  // What a read or a write that begins now has to see, and what the answer showed: everything up to an index.
  raft::Index seen() const { return seen_; }
  void read_ready(raft::NodeId server, raft::Index committed_before, raft::ReadyRead ready, bool by_lease) const;
  void read_answered(raft::Index seen_before, raft::Index read_index, raft::Index shown);
  void write_answered(raft::Index seen_before, bool retried, const kv::Result& result);

  raft::Index committed() const { return committed_.size(); }
  const raft::Configuration& committed_configuration() const { return configurations_.rbegin()->second; }
  // Those that may come into force or stay so: the committed one, and newer ones in the log of any server.
  std::vector<raft::Configuration> configurations_in_play() const;

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
  using Configurations = std::map<raft::Index, raft::Configuration>;  // in force from there on
  struct Server {
    raft::Role role = raft::Role::follower;
    raft::Term term = 0;
    std::vector<Link> log;
    Configurations configurations = {};
    std::optional<raft::Configuration> before = {};  // the configuration before the present step, if that changed it
    raft::Index commit_index = 0;
    raft::Index applied = 0;

    const raft::Configuration& configuration() const { return configurations.rbegin()->second; }
    // Some inputs were joined in a step: whether something holds for a configuration that was in force during it.
    template <typename Holds>
    bool in_force(Holds holds) const {
      return holds(configuration()) || (before && holds(*before));
    }
  };

  // --- invariants_of_logs.cc
  void begin_with_committed(Server& server, raft::LogPosition position) const;
  void install(raft::NodeId id, const raft::Snapshot& snapshot);
  void mirror(raft::NodeId id, const raft::Status& status, const std::vector<raft::Entry>& entries);
  void append(raft::NodeId id, const raft::Entry& entry);
  void check_commit(raft::NodeId id, raft::Index commit_index);
  void first_commit(const Server& server, raft::Index index);
  void check_durable_on_majority(const Server& by, raft::LogPosition position) const;
  void check_unelectable_without(raft::LogPosition position) const;
  // --- invariants_of_elections.cc
  void check_role(raft::NodeId id, const raft::Status& status);
  static bool may_campaign(raft::NodeId id, const Server& server, raft::Index commit_index);
  void check_elected(raft::NodeId id, raft::Term term, const Server& server) const;
  void check_leader_is_complete(raft::NodeId id, raft::Term term, const Server& server) const;
  void vote(raft::NodeId from, raft::NodeId to, raft::Term term);
  // --- invariants_of_membership.cc
  void check_change(raft::NodeId id, const raft::Status& status, const raft::Entry& entry) const;
  void check_in_force(raft::NodeId id, const raft::Raft& raft, const raft::Status& status) const;
  void configuration_committed(raft::LogPosition position);
  const raft::Configuration& committed_configuration_at(raft::Index index) const;

  Statistics& statistics_;
  std::map<raft::NodeId, const Disk*> disks_;
  std::map<raft::NodeId, Server> servers_;
  std::map<raft::Term, raft::NodeId> leaders_;
  std::map<std::pair<raft::NodeId, raft::Term>, raft::NodeId> votes_;
  std::map<raft::LogPosition, std::uint64_t> chains_;                       // of every entry that ever was in a log
  std::map<raft::LogPosition, raft::Configuration> configuration_entries_;  // likewise
  std::vector<Committed> committed_;                                        // the entry with index i is at i - 1
  Configurations configurations_;                                           // that are committed
  std::vector<Applied> applied_;
  std::map<std::pair<std::string, std::uint64_t>, kv::Result> effects_;  // of a session and serial
  raft::Index seen_ = 0;
};

}  // namespace raftd::simulation
