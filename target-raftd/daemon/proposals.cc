#include "target-raftd/daemon/proposals.h"

namespace raftd::daemon {

void Proposals::add(raft::LogPosition position, RequestId request, std::size_t bytes) {
  open_.emplace(position.index, Open{.term = position.term, .request = request, .bytes = bytes});
  bytes_ += bytes;
}

std::vector<Proposals::Settled> Proposals::applied(raft::LogPosition position) {
  std::vector<Settled> settled;
  while (!open_.empty() && open_.begin()->first <= position.index) {
    const Open& open = open_.begin()->second;
    settled.push_back({.request = open.request, .committed = open.term == position.term});
    bytes_ -= open.bytes;
    open_.erase(open_.begin());
  }
  return settled;
}

std::vector<RequestId> Proposals::covered(raft::Index index) {
  std::vector<RequestId> requests;
  for (const Settled& one : applied({.term = 0, .index = index})) requests.push_back(one.request);
  return requests;
}

void Proposals::forget_lost(std::span<const raft::Entry> log, raft::Index base, const Requests& requests) {
  std::erase_if(open_, [&](const auto& item) {
    const auto& [index, open] = item;
    const bool in_log = index > base && index - base <= log.size() && log[index - base - 1].term == open.term;
    if (in_log || requests.waits(open.request)) return false;
    bytes_ -= open.bytes;
    return true;
  });
}

}  // namespace raftd::daemon
