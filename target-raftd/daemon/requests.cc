#include "target-raftd/daemon/requests.h"

#include <utility>

namespace raftd::daemon {

RequestId Requests::add(Clock::time_point now, Failure late, Done done) {
  const RequestId id = next_++;
  waiting_.emplace(id, Waiting{.late = late, .done = std::move(done)});
  deadlines_.emplace_back(now + deadline_, id);
  return id;
}

void Requests::finish(RequestId id, const Answer& answer) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  const Done done = std::move(found->second.done);
  waiting_.erase(found);
  done(answer);
}

void Requests::expire(Clock::time_point now) {
  // Those that were answered in time are dropped early, too: a fast server must not hoard five seconds of them.
  while (!deadlines_.empty()) {
    const auto [at, id] = deadlines_.front();
    const auto found = waiting_.find(id);
    if (found != waiting_.end() && at > now) break;
    deadlines_.pop_front();
    if (found != waiting_.end()) finish(id, found->second.late);
  }
}

}  // namespace raftd::daemon
