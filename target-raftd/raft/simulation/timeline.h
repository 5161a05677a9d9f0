// Simulated time: what will happen, in order. One thread at a time.

#pragma once

#include <functional>
#include <map>
#include <utility>

#include "target-raftd/raft/simulation/options.h"

namespace raftd::simulation {

class Timeline {
 public:
  Time now() const { return now_; }

  // Events of the same time happen in the order in which they were planned.
  void after(Time delay, std::function<void()> event) {
    events_.emplace(std::pair(now_ + delay, ++planned_), std::move(event));
  }

  // Lets the next event happen.
  void advance() {
    auto next = events_.extract(events_.begin());
    now_ = next.key().first;
    next.mapped()();
  }

 private:
  Time now_ = 0;
  std::uint64_t planned_ = 0;
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> events_;
};

}  // namespace raftd::simulation
