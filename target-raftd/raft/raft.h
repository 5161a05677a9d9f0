// The Raft protocol of one server, stepped: no clock, no thread, no socket, no file. One thread at a time.
//
// Inputs: tick(), step(message), propose(command), change(membership), transfer(server), read(id), durable(position),
// compacted(snapshot). Each only changes the state and collects effects; take_effects() hands them over. The shell
// performs them in the order that Effects states.
//
//   Raft raft({.id = 1, .random_seed = 7}, {.snapshot = {.meta = {.configuration = configuration_of({1, 2, 3})}}});
//   while (...) {
//     raft.tick() / raft.step({from, message}) / ...;
//     Effects effects = raft.take_effects(now);
//     // perform
//   }
//
// Source: Ongaro & Ousterhout, "In Search of an Understandable Consensus Algorithm" (Figures 2 and 13, §5, §7), and
// Ongaro's dissertation (§3.10 transfer, chapter 4 membership, §6.4 reads and leases, §9.6 PreVote, §10.2.1 writing to
// the leader's disk in parallel).

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "target-raftd/raft/effects.h"

namespace raftd::raft {

enum class Role : std::uint8_t { follower, pre_candidate, candidate, leader };

// What a monotonic clock of the shell reads. Only the lease looks at it; everything else counts ticks.
using Time = std::chrono::nanoseconds;

struct Config {
  NodeId id = 0;
  std::uint64_t random_seed = 0;          // for the election timeouts; servers of one cluster need different ones
  int heartbeat_ticks = 1;                // a leader sends at least that often
  int election_timeout_ticks = 10;        // the timeout is drawn from [n, 2n) after every reset
  std::size_t max_batch_bytes = 1 << 20;  // of commands in one AppendEntries; one entry always fits
  int max_inflight = 16;                  // AppendEntries with entries that a follower may have unanswered
  std::size_t snapshot_chunk_bytes = 1 << 20;
  Index promotion_lag = 1000;  // a learner that answers and has at most so many entries to go may vote

  // A server asks whether it could win before it begins a term, so that one that was cut off deposes nobody (§9.6).
  bool pre_vote = true;
  // A leader that has heard from no majority for an election timeout steps down, and a server that has heard from its
  // leader within the shortest election timeout votes for nobody else (§6.2, §4.2.3).
  bool check_quorum = true;
  // For how long after a round of heartbeats left its answers let the leader read without asking again (§6.4.1); zero:
  // never. Safe only with check_quorum, and if shorter than election_timeout_ticks - 1 ticks of the slowest clock: the
  // shell takes off what clocks may drift.
  Time lease = Time(0);
};

// What storage found at start.
struct Persisted {
  HardState hard_state = {};
  Snapshot snapshot = {};           // of a new data folder: position {0, 0} and the configuration to begin with, which
                                    // is empty on a server that waits to be added to a running cluster
  LogPosition log_base = {};        // of the entry before the first of `entries`; not after the snapshot's position
  std::vector<Entry> entries = {};  // contiguous, from log_base.index + 1 on, at least up to the snapshot's position
};

struct Accepted {
  LogPosition position;  // The command is committed if and only if the entry applied at position.index has its term.
};
struct NotLeader {
  std::optional<NodeId> leader;  // whom this server believes to lead
};
struct HandingOver {};  // Leadership is being transferred; certainly not appended, and worth another try soon.
using Proposal = std::variant<Accepted, NotLeader, HandingOver>;

enum class TransferRefusal : std::uint8_t { not_leader, pending, unknown_member, not_a_voter, leads_already };

enum class ReadMode : std::uint8_t {
  read_index,  // a round of heartbeats confirms that the leader still leads (§6.4)
  lease,       // the leader's lease does, while it is valid; otherwise as above (§6.4.1)
};

struct Status {
  NodeId id = 0;
  Role role = Role::follower;
  Term term = 0;
  std::optional<NodeId> leader;
  Index commit_index = 0;
  LogPosition last_log;
  LogPosition log_base;  // of the last entry that was compacted away
  LogPosition snapshot;  // of the newest snapshot
  bool voter = false;    // in the configuration that this server obeys
  std::optional<NodeId> handing_over_to;

  // Since the start, for whoever watches.
  std::uint64_t elections = 0;  // that this server began, pre-votes not counted
  std::uint64_t pre_votes = 0;  // likewise
  std::uint64_t snapshots_sent = 0;
  std::uint64_t snapshots_installed = 0;
};

class Raft {
 public:
  Raft(Config config, Persisted persisted);
  ~Raft();
  Raft(Raft&&) noexcept;
  Raft& operator=(Raft&&) noexcept;

  // One unit of time has passed.
  void tick();

  // A message arrived; `envelope.peer` is its sender. The shell vouches that it belongs to this cluster; it need not
  // stand in the configuration, which may be newer there than here.
  void step(Envelope envelope);

  // Append a command, if this server leads.
  Proposal propose(std::string command);

  // Change the membership by one server, if this server leads. Accepted means appended, and in force from now on; it is
  // committed under the same condition as a command. A leader that removes itself leads until that is committed.
  std::variant<Accepted, ChangeRefusal> change(const MembershipChange& change);

  // Hand the leadership over to `server`, once that has the whole log; until then nothing is proposed. Given up after
  // an election timeout. status().handing_over_to tells that it is under way; nullopt: it began.
  std::optional<TransferRefusal> transfer(NodeId server);

  // Ask for a linearizable read, on any server. Its id comes back in ready_reads or refused_reads; a
  // request or an answer that the network lost comes back never, so the caller keeps a deadline. On a follower nothing
  // is remembered: an answer that the network repeats comes back again, and the caller ignores ids it no longer awaits.
  void read(ReadId id, ReadMode mode);

  // The entries of a batch up to `position` are durable. A report of an entry that was replaced meanwhile is ignored.
  void durable(LogPosition position);

  // What a snapshot of the state machine after the entry `applied` has to say about the log; `applied` must be
  // committed and not compacted away. The shell adds the data and its checksum. A new server that has not met the first
  // configuration yet says so by an empty one: it makes no snapshot, since whoever installed that would forget its own.
  SnapshotMeta snapshot_meta(Index applied) const;

  // `snapshot` is durable. The log gives up the entries up to `keep_after` that it covers; the rest stays for slow
  // followers. status().log_base tells what storage may drop now. A snapshot older than the newest is ignored.
  void compacted(Snapshot snapshot, Index keep_after);

  // `now` is read after the last input and before any of the messages leaves.
  Effects take_effects(Time now);

  Status status() const;

  // The newest configuration in the log, which is in force, and the index of its entry (0: from before the log).
  const Configuration& configuration() const;
  Index configuration_index() const;

  // What is left of the log, from status().log_base.index + 1 on, for invariants and tests.
  std::span<const Entry> log() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace raftd::raft
