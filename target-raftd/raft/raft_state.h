// The state behind Raft, shared by the sources that implement it: raft.cc (inputs and effects), election.cc,
// replication.cc, snapshots.cc, membership.cc (with leadership transfer), reads.cc. Nobody else includes this.

#pragma once

#include <deque>
#include <map>
#include <random>

#include "target-raftd/raft/log.h"
#include "target-raftd/raft/progress.h"
#include "target-raftd/raft/quorum.h"
#include "target-raftd/raft/raft.h"
#include "target-raftd/raft/read_queue.h"

namespace raftd::raft {

// What a server knows only in one role (Figure 2, "volatile state"). Leaving the role forgets it. In the order of Role.
struct Follower {
  std::optional<NodeId> leader;  // from whom an AppendEntries of this term came
};

struct PreCandidate {
  Votes votes;
};

struct Candidate {
  Votes votes;
};

// When the rounds of heartbeats began whose answers can still renew the lease.
struct Lease {
  struct Begun {
    Round round = 0;
    Time at = Time(0);
  };
  std::deque<Begun> rounds;
  std::optional<Time> renewed_at;  // when the last round began that a majority answered
  bool forfeited = false;          // for the rest of the term: a TimeoutNow is out, and may arrive at any time
};

struct HandOver {
  NodeId to = 0;
  int ticks = 0;
  bool asked = false;  // TimeoutNow was sent
};

struct Leader {
  std::map<NodeId, Progress> peers;  // all members but this one
  int ticks_since_heartbeat = 0;
  int ticks_since_quorum_check = 0;
  bool heartbeat_due = true;  // to everybody, when the effects are next taken; the first one announces the leader
  Round round = 0;            // the last heartbeat round that began
  ReadQueue reads;
  Lease lease;
  std::optional<HandOver> hand_over;
};

// A snapshot that comes in pieces.
struct Incoming {
  SnapshotMeta meta;
  std::uint64_t size = 0;
  std::string bytes;
};

struct Raft::State {
  State(Config config, Persisted persisted);

  const Config config;
  std::mt19937_64 random;

  // Durable once the effects that carry them are performed.
  HardState hard_state;
  Snapshot snapshot;
  Log log;

  std::variant<Follower, PreCandidate, Candidate, Leader> role;
  Index commit_index = 0;
  int ticks_since_contact = 0;  // since the election timer was last reset; stands still on a leader
  int election_timeout = 0;     // in ticks
  int ticks_since_leader = 0;   // since the last sign of life of a leader; stands still on a leader
  std::optional<Incoming> incoming;

  // What was handed out already, and what has been collected since.
  HardState saved_hard_state;
  Index handed_to_apply = 0;
  Effects effects;
  Status counted;  // only its counters

  // --- raft.cc
  Term term() const { return hard_state.current_term; }
  std::optional<NodeId> known_leader() const;
  bool votes() const { return log.configuration().is_voter(config.id); }
  // Leaves when this batch is durable. A leader's AppendEntries do not take this way (messages_at_once).
  void send(NodeId to, Message message);
  void tick_leader(Leader& leader);
  void hold_back_messages();

  // --- election.cc: leader election (§5.2), its restriction (§5.4.1), PreVote (§9.6), CheckQuorum (§6.2, §4.2.3)
  void reset_election_timer();
  bool hears_leader() const;
  bool begins_term(const RequestVote& request) const;
  void observe(Term term);
  bool may_campaign() const;
  void campaign();
  void start_pre_election();
  void start_election(bool by_transfer);
  void ask_for_votes(const RequestVote& request);
  void become_leader();
  void follow(NodeId leader);
  void stand_down();
  void check_quorum(Leader& leader);
  void receive(NodeId from, const RequestVote& request);
  void receive(NodeId from, const RequestVoteReply& reply);

  // --- replication.cc: log replication (§5.3) and commitment (§5.4.2)
  Index append(Leader& leader, EntryKind kind, std::string command);
  void replicate(Leader& leader, Time now);
  void replicate_to(Leader& leader, NodeId to, Progress& progress);
  void send_append(Leader& leader, NodeId to, Progress& progress, std::vector<Entry> entries);
  void advance_commit(const Leader& leader);
  void commit_up_to(Index index);
  void receive(NodeId from, AppendEntries request);
  void receive(NodeId from, const AppendEntriesReply& reply);
  Index next_index_after(const AppendEntriesReply& refusal) const;

  // --- snapshots.cc: compaction and InstallSnapshot (§7)
  void send_snapshot(Leader& leader, NodeId to, Progress& progress);
  void install(Incoming whole);
  void receive(NodeId from, InstallSnapshot piece);
  void receive(NodeId from, const InstallSnapshotReply& reply);

  // --- membership.cc: changes of the configuration (chapter 4) and leadership transfer (§3.10)
  std::optional<ChangeRefusal> why_no_change(const Leader& leader, const MembershipChange& change) const;
  void adopt_configuration(Leader& leader);
  void hand_over(Leader& leader);
  void resign_if_removed();
  void receive(NodeId from, const TimeoutNow& request);

  // --- reads.cc: ReadIndex (§6.4) and leases (§6.4.1)
  void ask(NodeId from, ReadId read, bool lease);
  void begin_round(Leader& leader, Time now);
  bool lease_holds(const Leader& leader, Time now) const;
  void confirm_reads(Leader& leader);
  void answer(const ReadQueue::Read& read);
  void abandon_reads(Leader& leader);
  void refuse(NodeId from, ReadId read);
  void receive(NodeId from, const ReadIndexRequest& request);
  void receive(NodeId from, const ReadIndexReply& reply);
};

}  // namespace raftd::raft
