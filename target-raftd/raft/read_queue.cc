#include "target-raftd/raft/read_queue.h"

#include <utility>

namespace raftd::raft {

std::vector<ReadQueue::Read> ReadQueue::take_leased() {
  std::vector<Read> leased;
  std::erase_if(waiting_, [&](const Read& read) {
    if (read.lease) {
      leased.push_back(read);
    }
    return read.lease;
  });
  return leased;
}

void ReadQueue::join(Round round, Index commit_index) {
  for (Read& read : waiting_) {
    read.round = round;
    read.read_index = commit_index;
    joined_.push_back(read);
  }
  waiting_.clear();
}

std::vector<ReadQueue::Read> ReadQueue::confirm(Round round) {
  std::vector<Read> confirmed;
  while (!joined_.empty() && joined_.front().round <= round) {
    confirmed.push_back(joined_.front());
    joined_.pop_front();
  }
  return confirmed;
}

std::vector<ReadQueue::Read> ReadQueue::abandon() {
  std::vector<Read> all(joined_.begin(), joined_.end());
  all.insert(all.end(), waiting_.begin(), waiting_.end());
  joined_.clear();
  waiting_.clear();
  return all;
}

}  // namespace raftd::raft
