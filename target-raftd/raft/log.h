// The log of one server: what is left of it, how much of that is on its disk, and which configuration it puts in force.
// One thread at a time.
//
// A snapshot stands for the entries up to base(); those after it are here. Two marks move along the log:
//   unsaved   the first entry that was not handed to storage yet,
//   durable   the last entry that storage has reported as durable.
// A truncation pulls both back, so that an entry which replaced another is saved again and counted only when it is
// durable itself. It also takes back the configurations that it removes (§4.1: the newest one in the log is in force).

#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "target-raftd/raft/configuration.h"

namespace raftd::raft {

class Log {
 public:
  // `durable` is what storage found at start: contiguous from base.index + 1 on, terms never falling; `configuration`
  // is the one that was in force at `base` or, if the entries say more, at the snapshot that covers it. Throws
  // std::invalid_argument for anything else.
  Log(LogPosition base, std::vector<Entry> durable, Configuration configuration, Index configuration_index);

  LogPosition base() const { return base_; }
  Index last_index() const { return base_.index + entries_.size(); }
  LogPosition last() const { return {term_at(last_index()), last_index()}; }

  // Of any index from base to the end.
  Term term_at(Index index) const;

  // Whether the log has an entry at this position; base() is in it, what lies before is not known any more.
  bool holds(LogPosition position) const;

  // The first index, as far as the log reaches back, that has the same term as `index`; the last index of a term, if
  // the log has the term.
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

  // Gives up the entries up to `index`, which a snapshot covers and which are durable.
  void compact(Index index);

  // A snapshot of another server takes the place of everything up to `position`. Entries behind it stay if the log
  // agrees with the snapshot there (§7, Figure 13, step 6), and are saved again; otherwise the whole log goes.
  void install(LogPosition position, const Configuration& configuration);

  // The newest configuration in the log, and at or before an index from base to the end.
  const Configuration& configuration() const { return configurations_.back().configuration; }
  Index configuration_index() const { return configurations_.back().index; }
  const Configuration& configuration_at(Index index) const;

  std::span<const Entry> entries() const { return entries_; }

 private:
  struct InForce {
    Index index = 0;  // from there on
    Configuration configuration;
  };

  const Entry& at(Index index) const;
  void truncate_from(Index index);
  void note_configuration(const Entry& entry);

  LogPosition base_;
  std::vector<Entry> entries_;  // the entry with index i is entries_[i - base_.index - 1]
  Index durable_;
  Index first_unsaved_;
  std::deque<InForce> configurations_;  // indexes rise; never empty
};

}  // namespace raftd::raft
