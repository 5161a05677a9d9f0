// The log of one server: entries from index 1 on, and how much of them is on its disk. One thread at a time.
//
// Two marks move along the log:
//   unsaved   the first entry that was not handed to storage yet,
//   durable   the last entry that storage has reported as durable.
// A truncation pulls both back, so that an entry which replaced another is saved again and counted only when it is
// durable itself.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "target-raftd/raft/log_entry.h"

namespace raftd::raft {

class Log {
 public:
  // `durable` is what storage found at start: contiguous from index 1, terms never falling.
  // Throws std::invalid_argument for anything else.
  explicit Log(std::vector<Entry> durable);

  Index last_index() const { return entries_.size(); }
  LogPosition last() const { return {term_at(last_index()), last_index()}; }
  Term term_at(Index index) const;  // 0 at index 0; `index` must not lie after the end

  // Whether the log has an entry at this position; the position {0, 0} before the first entry is in every log.
  bool holds(LogPosition position) const;

  // The first index that has the same term as `index`; the last index of a term, if the log has the term.
  Index first_index_of_term_at(Index index) const;
  std::optional<Index> last_index_of(Term term) const;

  // The entries from `from` on, as many as fit into `max_bytes` of commands; always at least one if there is one.
  std::vector<Entry> batch(Index from, std::size_t max_bytes) const;

  // The entries with an index in (after, up_to].
  std::vector<Entry> range(Index after, Index up_to) const;

  // Adds an entry right after the last one.
  void append(Entry entry);

  // AppendEntries at the receiver, steps 3 and 4 of Figure 2: the log holds the entry before `entries`. Entries that
  // it has already stay, and so does whatever follows them: a delayed or repeated message must not remove newer
  // entries. Only a conflict (same index, other term) removes an entry and all that follow it.
  // `committed` is the last committed index; a conflict there would break State Machine Safety, and is asserted away.
  void merge(std::vector<Entry> entries, Index committed);

  // Hands over the entries that storage has not got yet; the first one tells where storage has to truncate.
  std::vector<Entry> take_unsaved();

  // Storage reports that everything up to `position` is durable. A report of an entry that was replaced meanwhile says
  // nothing about its replacement, and is ignored.
  void mark_durable(LogPosition position);
  Index durable_index() const { return durable_; }

  std::span<const Entry> entries() const { return entries_; }

 private:
  const Entry& at(Index index) const;
  void truncate_from(Index index);

  std::vector<Entry> entries_;  // the entry with index i is entries_[i - 1]
  Index durable_;
  Index first_unsaved_;
};

}  // namespace raftd::raft
