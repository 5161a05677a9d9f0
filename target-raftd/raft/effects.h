// What the protocol wants done, and in which order. Plain values; any thread.

#pragma once

#include <optional>
#include <vector>

#include "target-raftd/raft/message.h"

namespace raftd::raft {

// What a server must remember over a crash besides its log (Figure 2, "persistent state").
struct HardState {
  Term current_term = 0;
  std::optional<NodeId> voted_for;
  bool operator==(const HardState&) const = default;
};

// A read that may be answered from the state machine as soon as `applied index >= read_index`.
struct ReadyRead {
  ReadId read = 0;
  Index read_index = 0;
  bool operator==(const ReadyRead&) const = default;
};

// One batch of duties. The shell performs them in this order, each after the one before is complete, and batches in the
// order in which they were taken (several may be under way, if that order is kept across them):
//
//   1. make `hard_state` durable (when present),
//   2. make `entries` durable: first drop every stored entry with an index >= entries.front().index, then append; when
//      done, call Raft::durable(position of entries.back()),
//   3. send `messages`,
//   4. apply `committed` to the state machine, in order,
//   5. answer clients: `ready_reads`, `refused_reads`.
//
// 1 and 2 before 3: a vote or an acknowledgement promises that it survives a crash (§5.1, §5.4). A leader need not wait
// for its own disk to send entries (dissertation §10.2.1): those batches hold AppendEntries in `messages_at_once`,
// which may leave before 1 and 2, but not before the hard state of any earlier batch is durable.
struct Effects {
  std::vector<Envelope> messages_at_once;
  std::optional<HardState> hard_state;
  std::vector<Entry> entries;
  std::vector<Envelope> messages;
  std::vector<Entry> committed;
  std::vector<ReadyRead> ready_reads;
  std::vector<ReadId> refused_reads;  // no leader known, or leadership lost before it was confirmed

  bool empty() const {
    return messages_at_once.empty() && !hard_state && entries.empty() && messages.empty() && committed.empty() &&
           ready_reads.empty() && refused_reads.empty();
  }
};

}  // namespace raftd::raft
