// Transfers of the leadership that a client asked for and whose outcome is open. Pure. One thread.

#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "target-raftd/daemon/api.h"

namespace raftd::daemon {

class Transfers {
 public:
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(const HttpResponse&)>;

  // `from` leads, and the protocol has begun to hand over to `to`.
  void add(raft::NodeId to, const raft::Status& from, Clock::time_point deadline, Done done);

  // Answers those that are decided: `to` leads in a later term; another one does; or this server goes on leading.
  void check(const raft::Status& status, Clock::time_point now);

 private:
  struct Open {
    raft::NodeId to = 0;
    raft::Term term = 0;  // in which it began
    Clock::time_point deadline;
    Done done;
  };
  std::vector<Open> open_;
};

}  // namespace raftd::daemon
