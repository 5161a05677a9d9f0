#include "target-raftd/daemon/transfers.h"

#include <utility>

namespace raftd::daemon {

void Transfers::add(raft::NodeId to, const raft::Status& from, Clock::time_point deadline, Done done) {
  open_.push_back({.to = to, .term = from.term, .deadline = deadline, .done = std::move(done)});
}

void Transfers::check(const raft::Status& status, Clock::time_point now) {
  if (open_.empty()) return;
  for (const Open& open : std::exchange(open_, {})) {
    const bool decided = status.term > open.term ? status.leader.has_value() : !status.handing_over_to;
    if (decided || now >= open.deadline) {
      open.done(answer_transfer(open.to, status.leader, status.term));
    } else {
      open_.push_back(open);
    }
  }
}

}  // namespace raftd::daemon
