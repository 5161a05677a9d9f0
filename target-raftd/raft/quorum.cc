#include "target-raftd/raft/quorum.h"

#include <algorithm>
#include <cassert>
#include <functional>

namespace raftd::raft {

std::size_t majority(std::size_t servers) {
  return servers / 2 + 1;
}

std::uint64_t reached_by_majority(std::vector<std::uint64_t> values) {
  assert(!values.empty());
  // In descending order, the value at place m (from 1) is reached by m servers.
  std::sort(values.begin(), values.end(), std::greater<>());
  return values[majority(values.size()) - 1];
}

void Votes::grant(NodeId server) {
  granted_.insert(server);
}

bool Votes::majority_of(const Configuration& configuration) const {
  const auto granted = std::ranges::count_if(granted_, [&](NodeId server) { return configuration.is_voter(server); });
  return static_cast<std::size_t>(granted) >= majority(configuration.voters());
}

}  // namespace raftd::raft
