// The state behind Raft, shared by the sources that implement it: raft.cc (inputs and effects), election.cc,
// replication.cc, reads.cc. Nobody else includes this.

#pragma once

#include <map>
#include <random>

#include "target-raftd/raft/log.h"
#include "target-raftd/raft/progress.h"
#include "target-raftd/raft/quorum.h"
#include "target-raftd/raft/raft.h"
#include "target-raftd/raft/read_queue.h"

namespace raftd::raft {

// What a server knows only in one role (Figure 2, "volatile state"). Leaving the role forgets it.
struct Follower {
  std::optional<NodeId> leader;  // from whom an AppendEntries of this term came
};

struct Candidate {
  Votes votes;
};

struct Leader {
  std::map<NodeId, Progress> peers;  // all servers but this one
  int ticks_since_heartbeat = 0;
  bool heartbeat_due = true;  // to everybody, when the effects are next taken; the first one announces the leader
  Round round = 0;            // the last heartbeat round that began
  ReadQueue reads;
};

struct Raft::State {
  State(Config config, Persisted persisted);

  const Config config;
  std::mt19937_64 random;

  // Durable once the effects that carry them are performed.
  HardState hard_state;
  Log log;

  std::variant<Follower, Candidate, Leader> role;
  Index commit_index = 0;
  int ticks_since_contact = 0;  // since the election timer was last reset; stands still on a leader
  int election_timeout = 0;     // in ticks

  // What was handed out already, and what has been collected since.
  HardState saved_hard_state;
  Index handed_to_apply = 0;
  Effects effects;

  // --- raft.cc
  Term term() const { return hard_state.current_term; }
  std::optional<NodeId> known_leader() const;
  bool is_peer(NodeId server) const;
  // Leaves when this batch is durable. A leader's AppendEntries do not take this way (messages_at_once).
  void send(NodeId to, Message message);

  // --- election.cc: leader election (§5.2) and its restriction (§5.4.1)
  void reset_election_timer();
  void observe(Term term);
  void start_election();
  void become_leader();
  void follow(NodeId leader);
  void stand_down();
  void receive(NodeId from, const RequestVote& request);
  void receive(NodeId from, const RequestVoteReply& reply);

  // --- replication.cc: log replication (§5.3) and commitment (§5.4.2)
  Index append(Leader& leader, EntryKind kind, std::string command);
  void replicate(Leader& leader);
  void send_append(Leader& leader, NodeId to, Progress& progress, std::vector<Entry> entries);
  void advance_commit(const Leader& leader);
  void commit_up_to(Index index);
  void receive(NodeId from, AppendEntries request);
  void receive(NodeId from, const AppendEntriesReply& reply);
  Index next_index_after(const AppendEntriesReply& refusal) const;

  // --- reads.cc: ReadIndex (dissertation §6.4)
  void ask(NodeId from, ReadId read);
  void begin_round(Leader& leader);
  void confirm_reads(Leader& leader);
  void abandon_reads(Leader& leader);
  void refuse(NodeId from, ReadId read);
  void receive(NodeId from, const ReadIndexRequest& request);
  void receive(NodeId from, const ReadIndexReply& reply);
};

}  // namespace raftd::raft
