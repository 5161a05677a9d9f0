// What the protocol wants done, and in which order. Plain values; any thread.

#pragma once

#include <optional>
#include <vector>

#include "target-raftd/raft/message.h"

namespace raftd::raft {

// What a server must remember over a crash besides its log (Figure 2, "persistent state").
struct HardState {
  Term current_term = 0;
  std::optional<NodeId> voted_for = std::nullopt;
  bool operator==(const HardState&) const = default;
};

// A read that may be answered from the state machine as soon as `applied index >= read_index`.
struct ReadyRead {
  ReadId read = 0;
  Index read_index = 0;
  bool operator==(const ReadyRead&) const = default;
};

// One batch of duties. Batches are taken one after the other, and each kind of duty is performed in that order across
// batches. Several batches may be under way. There are two lanes:
//
// The disk's lane, one after the other:
//   1. make `hard_state` durable (when present),
//   2. make `install` durable (when present): it takes the place of every stored entry and of every older snapshot,
//   3. make `entries` durable: first drop every stored entry with an index >= entries.front().index, then append,
//   4. call Raft::durable(position of entries.back(), or of `install` if there are no entries),
//   5. send `messages`.
// 1 to 3 before 5: a vote or an acknowledgement promises that it survives a crash (§5.1, §5.4).
//
// The lane that does not wait for this server's disk:
//   a. send `messages_at_once`, but not before the hard state of any earlier batch is durable: a leader need not wait
//   for
//      its own disk to send entries (dissertation §10.2.1),
//   b. replace the state machine by `install`, when that is durable; whatever follows in this lane waits for it,
//   c. apply `committed` to the state machine, in order: a majority has them on disk, this server's own or not,
//   d. answer clients: `ready_reads` as soon as the state machine has applied their index, `refused_reads`.
struct Effects {
  std::vector<Envelope> messages_at_once;
  std::optional<HardState> hard_state;
  std::optional<Snapshot> install;
  std::vector<Entry> entries;
  std::vector<Envelope> messages;
  std::vector<Entry> committed;
  std::vector<ReadyRead> ready_reads;
  std::vector<ReadId> refused_reads;  // no leader known, or leadership lost before it was confirmed

  bool empty() const {
    return messages_at_once.empty() && !hard_state && !install && entries.empty() && messages.empty() &&
           committed.empty() && ready_reads.empty() && refused_reads.empty();
  }
};

}  // namespace raftd::raft
