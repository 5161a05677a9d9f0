// What a majority of the servers has done. Pure functions of values; any thread.
//
// Safety of Raft rests on one fact: two majorities of the same servers share at least one server.

#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "target-raftd/raft/configuration.h"

namespace raftd::raft {

// The smallest number of servers that any other majority must meet: 2 of 2, 2 of 3, 3 of 4, 3 of 5.
std::size_t majority(std::size_t servers);

// The highest number that a majority has reached; one value per server. The commit index is this number of the match
// indexes (§5.3), a confirmed read round is this number of the acknowledged rounds (dissertation §6.4).
// Example: {7, 3, 5} -> 5, because two of the three (7 and 5) have reached 5, and only one has reached 7.
std::uint64_t reached_by_majority(std::vector<std::uint64_t> values);

// The votes for one candidate in one term. A server counts once, however often the network repeats its answer.
class Votes {
 public:
  void grant(NodeId server);
  bool majority_of(const Configuration& configuration) const;  // of its voters

 private:
  std::set<NodeId> granted_;
};

}  // namespace raftd::raft
