// Which request waits for which entry of the log. Pure. One thread.
//
// A proposed command is committed if and only if the entry that is applied at its index has its term. Until an entry is
// applied there, its fate is open, even if this server has ceased to lead or has dropped it from its own log: another
// server may still hold it, and become leader. Example: request 7 was proposed at index 5 in term 2.
//
//   applied: index 5, term 2   ->  request 7 is done
//   applied: index 5, term 3   ->  request 7 was superseded; it will never happen
//
// The server may lead again and propose at index 5 once more before anything is applied there: several may wait.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "target-raftd/daemon/requests.h"
#include "target-raftd/raft/log_entry.h"

namespace raftd::daemon {

class Proposals {
 public:
  void add(raft::LogPosition position, RequestId request, std::size_t bytes);

  struct Settled {
    RequestId request = 0;
    bool committed = false;  // else superseded
    bool operator==(const Settled&) const = default;
  };
  // An entry was applied. Entries are applied in the order of their index.
  std::vector<Settled> applied(raft::LogPosition position);

  // A snapshot of another server took the place of everything up to `index`: what became of these nobody can tell.
  std::vector<RequestId> covered(raft::Index index);

  // Forgets those that nobody waits for any more and that are not in this server's log, which starts after `base`.
  void forget_lost(std::span<const raft::Entry> log, raft::Index base, const Requests& requests);

  std::size_t count() const { return open_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Open {
    raft::Term term = 0;
    RequestId request = 0;
    std::size_t bytes = 0;
  };

  std::multimap<raft::Index, Open> open_;
  std::size_t bytes_ = 0;  // sum over open_
};

}  // namespace raftd::daemon
