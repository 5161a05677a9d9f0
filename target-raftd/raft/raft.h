// The Raft protocol of one server, stepped: no clock, no thread, no socket, no file. One thread at a time.
//
// Inputs: tick(), step(message), propose(command), read(id), durable(position). Each only changes the state and
// collects effects; take_effects() hands them over. The shell performs them in the order that Effects states.
//
//   Raft raft({.id = 1, .servers = {1, 2, 3}, .random_seed = 7}, {});
//   while (...) {
//     raft.tick() / raft.step({from, message}) / ...;
//     Effects effects = raft.take_effects();
//     // perform
//   }
//
// Source: Ongaro & Ousterhout, "In Search of an Understandable Consensus Algorithm" (Figure 2, §5), and Ongaro's
// dissertation (§6.4 reads, §10.2.1 writing to the leader's disk in parallel).

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "target-raftd/raft/effects.h"

namespace raftd::raft {

enum class Role : std::uint8_t { follower, candidate, leader };

struct Config {
  NodeId id = 0;
  std::vector<NodeId> servers = {};       // all of them, this one included
  std::uint64_t random_seed = 0;          // for the election timeouts; servers of one cluster need different ones
  int heartbeat_ticks = 1;                // a leader sends at least that often
  int election_timeout_ticks = 10;        // the timeout is drawn from [n, 2n) after every reset
  std::size_t max_batch_bytes = 1 << 20;  // of commands in one AppendEntries; one entry always fits
  int max_inflight = 16;                  // AppendEntries with entries that a follower may have unanswered
};

// What storage found at start.
struct Persisted {
  HardState hard_state = {};
  std::vector<Entry> entries = {};  // contiguous, from index 1
};

struct Accepted {
  LogPosition position;  // The command is committed if and only if the entry applied at position.index has its term.
};
struct NotLeader {
  std::optional<NodeId> leader;  // whom this server believes to lead
};
using Proposal = std::variant<Accepted, NotLeader>;

struct Status {
  NodeId id = 0;
  Role role = Role::follower;
  Term term = 0;
  std::optional<NodeId> leader;
  Index commit_index = 0;
  LogPosition last_log;
};

class Raft {
 public:
  Raft(Config config, Persisted persisted);
  ~Raft();
  Raft(Raft&&) noexcept;
  Raft& operator=(Raft&&) noexcept;

  // One unit of time has passed.
  void tick();

  // A message arrived; `envelope.peer` is its sender. Messages of servers outside the configuration are ignored.
  void step(Envelope envelope);

  // Append a command, if this server leads.
  Proposal propose(std::string command);

  // Ask for a linearizable read (ReadIndex), on any server. Its id comes back in ready_reads or refused_reads; a
  // request or an answer that the network lost comes back never, so the caller keeps a deadline. On a follower nothing
  // is remembered: an answer that the network repeats comes back again, and the caller ignores ids it no longer awaits.
  void read(ReadId id);

  // The entries of a batch up to `position` are durable. A report of an entry that was replaced meanwhile is ignored.
  void durable(LogPosition position);

  Effects take_effects();

  Status status() const;

  // The whole log, for invariants and tests.
  std::span<const Entry> log() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace raftd::raft
