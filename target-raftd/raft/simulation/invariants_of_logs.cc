// Of the logs: Log Matching, Leader Append-Only, and what may be called committed.

#include <algorithm>

#include "target-raftd/raft/describe.h"
#include "target-raftd/raft/quorum.h"
#include "target-raftd/raft/simulation/invariants.h"
#include "target-raftd/raft/simulation/require.h"

namespace raftd::simulation {

using raft::Index;
using raft::LogPosition;
using raft::NodeId;
using raft::Role;

namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

std::uint64_t extend(std::uint64_t chain, const raft::Entry& entry) {
  chain = mix(mix(chain, entry.term), static_cast<std::uint64_t>(entry.kind));
  for (const char c : entry.command) {
    chain = (chain ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return mix(chain, entry.command.size());
}

}  // namespace

// What a snapshot covers, or what was compacted away, was committed.
void Invariants::begin_with_committed(Server& server, LogPosition position) const {
  require(position.index <= committed_.size(), "Snapshot Is The State", "a snapshot at {}, committed is {}",
          describe(position), committed_.size());
  require(position.index == 0 || committed_[position.index - 1].link.term == position.term, "Snapshot Is The State",
          "a snapshot at {}, where another entry is committed", describe(position));
  server.log.clear();
  for (Index index = 1; index <= position.index; ++index) {
    server.log.push_back(committed_[index - 1].link);
  }
}

void Invariants::install(NodeId id, const raft::Snapshot& snapshot) {
  Server& server = servers_[id];
  const LogPosition position = snapshot.meta.position;
  require(position.index > server.commit_index, "State Never Regresses",
          "server {}, which has committed up to {}, installs a snapshot at {}", id, server.commit_index,
          describe(position));
  begin_with_committed(server, position);
  require(snapshot.meta.configuration == committed_configuration_at(position.index), "Snapshot Is The State",
          "server {} installs a snapshot at {} with another configuration than was in force there", id,
          describe(position));
  server.before = server.configuration();
  server.configurations = {{position.index, snapshot.meta.configuration}};
}

void Invariants::mirror(NodeId id, const raft::Status& status, const std::vector<raft::Entry>& entries) {
  Server& server = servers_[id];
  if (entries.empty()) {
    return;
  }
  const Index first = entries.front().index;
  require(first <= server.log.size() + 1, "No Gap", "server {} stores entry {} after {}", id, first, server.log.size());
  if (first <= server.log.size()) {
    const bool led = server.role == Role::leader && status.role == Role::leader && server.term == status.term;
    require(!led, "Leader Append-Only", "leader {} of term {} replaces entry {}", id, status.term, first);
    require(first > server.commit_index, "State Machine Safety", "server {} removes entry {}, committed up to {}", id,
            first, server.commit_index);
    ++statistics_.truncations;
    server.log.resize(first - 1);
    while (server.configurations.size() > 1 && server.configurations.rbegin()->first >= first) {
      server.before = server.configuration();
      server.configurations.erase(std::prev(server.configurations.end()));
    }
  }
  for (const raft::Entry& entry : entries) {
    if (entry.kind == raft::EntryKind::configuration) {
      check_change(id, status, entry);
      server.before = server.configuration();
    }
    append(id, entry);
  }
}

void Invariants::append(NodeId id, const raft::Entry& entry) {
  Server& server = servers_[id];
  const LogPosition position{entry.term, entry.index};
  const std::uint64_t before = server.log.empty() ? 0 : server.log.back().chain;
  const std::uint64_t chain = extend(before, entry);
  const auto [known, is_new] = chains_.emplace(position, chain);
  require(is_new || known->second == chain, "Log Matching", "server {} has another log up to {} than another server",
          id, describe(entry));
  server.log.push_back({entry.term, chain});
  if (entry.kind == raft::EntryKind::configuration) {
    const raft::Configuration configuration = raft::decode_configuration(entry.command).value();
    configuration_entries_[position] = configuration;
    if (entry.index > server.configurations.rbegin()->first) {  // otherwise the snapshot has a newer one
      server.configurations[entry.index] = configuration;
    }
  }
}

void Invariants::check_commit(NodeId id, Index commit_index) {
  Server& server = servers_[id];
  require(commit_index >= server.commit_index, "Commit Index Never Falls", "server {}: from {} to {}", id,
          server.commit_index, commit_index);
  require(commit_index <= server.log.size(), "Commit Within Log", "server {} commits {} of {}", id, commit_index,
          server.log.size());
  const Index known = committed_.size();
  for (Index index = server.commit_index + 1; index <= std::min(commit_index, known); ++index) {
    require(server.log[index - 1].chain == committed_[index - 1].link.chain, "State Machine Safety",
            "server {} commits entry {}, but entry {} is committed", id,
            describe(LogPosition{server.log[index - 1].term, index}),
            describe(LogPosition{committed_[index - 1].link.term, index}));
  }
  server.commit_index = commit_index;
  if (commit_index > known) {
    first_commit(server, commit_index);
  }
}

void Invariants::first_commit(const Server& server, Index index) {
  for (Index i = committed_.size() + 1; i <= index; ++i) {
    committed_.push_back({server.log[i - 1], server.term});
    configuration_committed({server.log[i - 1].term, i});
    ++statistics_.commits;
    statistics_.commits_of_old_terms += server.log[i - 1].term < server.term ? 1 : 0;
  }
  const LogPosition position{server.log[index - 1].term, index};
  check_durable_on_majority(server, position);
  check_unelectable_without(position);
  for (const auto& [id, other] : servers_) {
    if (other.role == Role::leader && other.term > server.term) {
      check_leader_is_complete(id, other.term, other);
    }
  }
}

void Invariants::check_durable_on_majority(const Server& by, LogPosition position) const {
  const auto majority_of = [&](const raft::Configuration& configuration) {
    std::size_t holders = 0;
    for (const auto& [id, member] : configuration.members) {
      const auto disk = disks_.find(id);
      holders += member.voter && disk != disks_.end() && disk->second->holds(position) ? 1 : 0;
    }
    return holders >= raft::majority(configuration.voters());
  };
  require(by.in_force(majority_of), "Durable Majority",
          "entry {} is committed, but not durable on a majority of the voters of {}", describe(position),
          describe(by.configuration()));
}

// A candidate asks the voters of the configuration that its own log puts in force.
void Invariants::check_unelectable_without(LogPosition position) const {
  for (const auto& [id, disk] : disks_) {
    const raft::Configuration& configuration = disk->configuration();
    if (!configuration.is_voter(id) || disk->holds(position)) {
      continue;
    }
    std::size_t voters = 0;
    for (const auto& [other, member] : configuration.members) {
      const auto other_disk = disks_.find(other);
      voters += member.voter && other_disk != disks_.end() && disk->last() >= other_disk->second->last() ? 1 : 0;
    }
    require(voters < raft::majority(configuration.voters()), "Unelectable",
            "entry {} is committed, but server {}, which lacks it, could still be elected", describe(position), id);
  }
}

}  // namespace raftd::simulation
