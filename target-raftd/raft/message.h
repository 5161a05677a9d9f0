// The messages between servers (Raft paper, Figures 2 and 13; dissertation §3.10, §6.4, §9.6). Plain values; any
// thread.
//
// Every message may be lost, delayed, repeated and reordered by the network; the protocol is safe against all of it.

#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "target-raftd/raft/snapshot.h"

namespace raftd::raft {

// Names one read request of one server. It must never repeat, not even over restarts of that server: a late answer to
// an older request would otherwise be taken for the answer to a newer one, with an index that is too small.
using ReadId = std::uint64_t;

// Numbers a leader's heartbeat rounds within its term. An answer to round r proves that its sender still followed the
// leader at some time after round r began; a majority of such answers confirms every read that joined round r or less.
using Round = std::uint64_t;

struct RequestVote {
  Term term = 0;  // of the election; of a pre-vote: the term that the sender would begin, which nobody has begun yet
  LogPosition last_log = {};
  bool pre_vote = false;     // would you vote for me? Changes nothing at the receiver (dissertation §9.6)
  bool by_transfer = false;  // the leader asked for this election, so its sign of life is no reason to refuse (§4.2.3)
  bool operator==(const RequestVote&) const = default;
};

struct RequestVoteReply {
  Term term = 0;  // the receiver's; of a granted pre-vote: as in the request
  bool vote_granted = false;
  bool pre_vote = false;  // as in the request
  bool operator==(const RequestVoteReply&) const = default;
};

struct AppendEntries {
  Term term = 0;
  LogPosition prev_log = {};        // of the entry right before `entries`
  std::vector<Entry> entries = {};  // empty: a heartbeat
  Index leader_commit = 0;
  Round round = 0;
  bool operator==(const AppendEntries&) const = default;
};

struct AppendEntriesReply {
  Term term = 0;
  bool success = false;
  // On success: the last index that this server now shares with the leader for certain (prev_log + entries).
  // On refusal: the prev_log index that was refused, so that the leader can tell a late refusal from a fresh one.
  Index match_index = 0;
  // On refusal, the conflict hint (§5.3, end): the term of the conflicting entry (0: the log is shorter), and the first
  // index of that term (or the index after the last entry).
  Term conflict_term = 0;
  Index conflict_index = 0;
  Round round = 0;  // as in the request
  bool operator==(const AppendEntriesReply&) const = default;
};

// One piece of a snapshot, for a follower whose next entry the leader no longer has (§7). One piece is under way at a
// time; one without bytes is a heartbeat that asks how far the follower got, so a lost piece is sent again, and a
// transfer that broke off goes on where it stopped, under a new leader too if that has the same snapshot.
struct InstallSnapshot {
  Term term = 0;
  SnapshotMeta snapshot = {};
  std::uint64_t size = 0;    // of the whole, in bytes
  std::uint64_t offset = 0;  // of `bytes` in it
  std::string bytes = {};
  Round round = 0;
  bool operator==(const InstallSnapshot&) const = default;
};

struct InstallSnapshotReply {
  Term term = 0;
  LogPosition position = {};      // of the snapshot that is answered
  std::uint64_t checksum = 0;     // likewise
  std::uint64_t next_offset = 0;  // how many bytes the follower has, from the start
  bool installed = false;         // the follower's state covers the snapshot, durably
  Round round = 0;                // as in the request
  bool operator==(const InstallSnapshotReply&) const = default;
};

// The leader asks a voter that has the whole log to begin an election at once (dissertation §3.10).
struct TimeoutNow {
  Term term = 0;
  bool operator==(const TimeoutNow&) const = default;
};

// A follower asks the leader up to which index a read must see the log.
struct ReadIndexRequest {
  Term term = 0;
  ReadId read = 0;
  bool lease = false;  // the leader may answer from its lease, without a round
  bool operator==(const ReadIndexRequest&) const = default;
};

struct ReadIndexReply {
  Term term = 0;
  ReadId read = 0;
  bool success = false;  // false: not the leader (any more)
  Index read_index = 0;
  bool operator==(const ReadIndexReply&) const = default;
};

using Message = std::variant<RequestVote, RequestVoteReply, AppendEntries, AppendEntriesReply, ReadIndexRequest,
                             ReadIndexReply, InstallSnapshot, InstallSnapshotReply, TimeoutNow>;

// A message and its other end: the receiver in Effects, the sender in Raft::step.
struct Envelope {
  NodeId peer = 0;
  Message message;
  bool operator==(const Envelope&) const = default;
};

}  // namespace raftd::raft
