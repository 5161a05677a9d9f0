// The requests of clients that wait for their answer. One thread.
//
// Each is answered exactly once: by finish(), or by its deadline.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <variant>

#include "target-raftd/daemon/api.h"

namespace raftd::daemon {

using RequestId = std::uint64_t;
using Value = std::optional<kv::Value>;                   // what a read saw; nullopt: an absent key
using Answer = std::variant<kv::Result, Value, Failure>;  // to a write, to a read, to either

class Requests {
 public:
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(const Answer&)>;

  Requests(std::size_t most, Clock::duration deadline) : most_(most), deadline_(deadline) {}

  bool full() const { return waiting_.size() >= most_; }
  std::size_t waiting() const { return waiting_.size(); }

  // `late` is the answer if the deadline passes first.
  RequestId add(Clock::time_point now, Failure late, Done done);

  // Nothing happens if that request was answered already.
  void finish(RequestId id, const Answer& answer);

  bool waits(RequestId id) const { return waiting_.contains(id); }

  void expire(Clock::time_point now);

 private:
  struct Waiting {
    Failure late;
    Done done;
  };

  std::size_t most_;
  Clock::duration deadline_;
  RequestId next_ = 1;
  std::unordered_map<RequestId, Waiting> waiting_;
  std::deque<std::pair<Clock::time_point, RequestId>> deadlines_;  // in order, because all last equally long
};

}  // namespace raftd::daemon
