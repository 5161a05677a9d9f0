// Of the configurations: they change by one server, from a committed one, in the leader's own term, and the newest in
// the log is in force. So the majorities of any two that could elect a leader share a server (dissertation §4.1).

#include <algorithm>

#include "target-raftd/raft/describe.h"
#include "target-raftd/raft/simulation/invariants.h"
#include "target-raftd/raft/simulation/require.h"

namespace raftd::simulation {

using raft::Configuration;
using raft::Index;
using raft::LogPosition;
using raft::NodeId;
using raft::Role;

namespace {

// How many servers were added, promoted, removed or anything else.
std::size_t difference(const Configuration& before, const Configuration& after) {
  std::size_t count = 0;
  for (const auto& [server, member] : after.members) {
    const auto was = before.members.find(server);
    count += was == before.members.end() || was->second != member ? 1 : 0;
  }
  for (const auto& [server, member] : before.members) {
    count += after.contains(server) ? 0 : 1;
  }
  return count;
}

bool keeps_retired(const Configuration& before, const Configuration& after) {
  const bool all_removed = std::ranges::all_of(before.members, [&](const auto& member) {
    return after.contains(member.first) || after.retired.contains(member.first);
  });
  return all_removed && std::ranges::includes(after.retired, before.retired) &&
         std::ranges::none_of(after.retired, [&](NodeId server) { return after.contains(server); });
}

void check_step(const Configuration& before, const Configuration& after) {
  require(difference(before, after) == 1, "One Server At A Time", "from {} to {}", describe(before), describe(after));
  require(keeps_retired(before, after), "Retired For Ever", "from {} to {}", describe(before), describe(after));
  require(after.voters() > 0, "One Server At A Time", "no voter is left of {}", describe(before));
}

}  // namespace

// `entry` is about to be appended to the log of this server.
void Invariants::check_change(NodeId id, const raft::Status& status, const raft::Entry& entry) const {
  const Server& server = servers_.at(id);
  const auto after = raft::decode_configuration(entry.command);
  require(after.has_value(), "Effects Tell All", "server {} stores a configuration that nobody can read", id);
  if (!server.configuration().members.empty()) {  // a new server learns it from there on
    check_step(server.configuration(), *after);
  }
  if (status.role != Role::leader || entry.term != status.term) {
    return;
  }
  const Index before = server.configurations.rbegin()->first;
  require(before <= status.commit_index, "One Change At A Time",
          "leader {} appends a configuration at {}, but that at {} is not committed", id, entry.index, before);
  require(status.commit_index > 0 &&
              server.log[std::min<Index>(status.commit_index, server.log.size()) - 1].term == status.term,
          "Own Term First", "leader {} appends a configuration before it has committed anything in its term {}", id,
          status.term);
}

void Invariants::check_in_force(NodeId id, const raft::Raft& raft, const raft::Status& status) const {
  const Server& server = servers_.at(id);
  require(raft.configuration() == server.configuration(), "Newest Configuration In Force",
          "server {} obeys {}, but its log says {}", id, describe(raft.configuration()),
          describe(server.configuration()));
  const bool removed = server.configurations.rbegin()->first <= status.commit_index && !status.voter;
  require(!removed || status.role != Role::leader, "Voters Only", "server {} leads after its removal was committed",
          id);
  require(status.log_base.index <= std::min(status.snapshot.index, status.commit_index), "Snapshot Is The State",
          "server {} gave up its log up to {}, its snapshot is at {}", id, status.log_base.index,
          status.snapshot.index);
}

void Invariants::configuration_committed(LogPosition position) {
  const auto entry = configuration_entries_.find(position);
  if (entry == configuration_entries_.end()) {
    return;
  }
  check_step(configurations_.rbegin()->second, entry->second);
  configurations_[position.index] = entry->second;
  ++statistics_.changes;
}

const Configuration& Invariants::committed_configuration_at(Index index) const {
  return std::prev(configurations_.upper_bound(index))->second;
}

std::vector<Configuration> Invariants::configurations_in_play() const {
  std::vector<Configuration> in_play = {committed_configuration()};
  for (const auto& [id, server] : servers_) {
    for (auto at = server.configurations.upper_bound(configurations_.rbegin()->first);
         at != server.configurations.end(); ++at) {
      in_play.push_back(at->second);
    }
  }
  return in_play;
}

}  // namespace raftd::simulation
