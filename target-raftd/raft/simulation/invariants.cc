#include "target-raftd/raft/simulation/invariants.h"

#include <algorithm>

#include "target-raftd/raft/describe.h"
#include "target-raftd/raft/simulation/require.h"

namespace raftd::simulation {

using raft::Index;
using raft::LogPosition;
using raft::NodeId;
using raft::Role;
using raft::Term;

Invariants::Invariants(Statistics& statistics, raft::Configuration bootstrap)
    : statistics_(statistics), configurations_{{0, std::move(bootstrap)}} {}

void Invariants::started(NodeId id, const raft::Persisted& found, const kv::Store& store) {
  const raft::SnapshotMeta& snapshot = found.snapshot.meta;
  Server& server = servers_[id];
  server = {};
  server.term = found.hard_state.current_term;
  begin_with_committed(server, found.log_base);
  server.configurations = {{snapshot.position.index, snapshot.configuration}};
  for (const raft::Entry& entry : found.entries) {
    append(id, entry);
  }
  server.commit_index = server.applied = snapshot.position.index;
  if (server.applied > 0) {
    require(applied_[server.applied - 1].state_hash == store.state_hash(), "Snapshot Is The State",
            "server {} starts with another state at {} than was applied", id, server.applied);
  }
}

void Invariants::stopped(NodeId id) {
  Server& server = servers_[id];
  // A term is told only once it is durable. So one that never was, such as that of the only server of a cluster in the
  // moment of its election, exists nowhere else: somebody else may lead it, with other entries at its positions.
  const Term durable = disks_.at(id)->hard_state().current_term;
  std::erase_if(leaders_, [&](const auto& leader) { return leader.first > durable && leader.second == id; });
  for (Index index = server.log.size(); index > 0 && server.log[index - 1].term > durable; --index) {
    const LogPosition position{server.log[index - 1].term, index};
    chains_.erase(position);
    configuration_entries_.erase(position);
  }
  server.role = Role::follower;
}

void Invariants::stepped(NodeId id, const raft::Raft& raft, const raft::Effects& effects) {
  const raft::Status status = raft.status();
  Server& server = servers_[id];
  require(status.term >= server.term, "Terms Never Fall", "server {}: from {} to {}", id, server.term, status.term);
  server.before.reset();
  if (effects.install) {
    install(id, *effects.install);
  }
  mirror(id, status, effects.entries);
  const LogPosition last = server.log.empty() ? LogPosition{} : LogPosition{server.log.back().term, server.log.size()};
  require(status.last_log == last, "Effects Tell All", "server {}: its log ends at {}, what it stores at {}", id,
          describe(status.last_log), describe(last));
  check_role(id, status);
  check_commit(id, status.commit_index);
  check_in_force(id, raft, status);
}

void Invariants::sent(NodeId id, const raft::Envelope& envelope) {
  const Disk& disk = *disks_.at(id);
  const raft::HardState& durable = disk.hard_state();
  const Term term = std::visit([](const auto& message) { return message.term; }, envelope.message);
  const auto* request = std::get_if<raft::RequestVote>(&envelope.message);
  const auto* reply = std::get_if<raft::RequestVoteReply>(&envelope.message);
  const bool pre_vote = (request != nullptr && request->pre_vote) || (reply != nullptr && reply->pre_vote);
  require(pre_vote || term <= durable.current_term, "Durable Before Told", "server {} tells term {}, durable is {}", id,
          term, durable.current_term);
  if (request != nullptr && !pre_vote) {
    vote(id, id, term);  // a candidate votes for itself
  }
  if (reply != nullptr && reply->vote_granted && !pre_vote) {
    vote(id, envelope.peer, reply->term);
    require(reply->term < durable.current_term || durable.voted_for == envelope.peer, "Durable Before Told",
            "server {} tells a vote for {} in term {} that is not durable", id, envelope.peer, reply->term);
  }
  // In an earlier term than the present one, what was acknowledged may have been replaced since.
  const auto* appended = std::get_if<raft::AppendEntriesReply>(&envelope.message);
  require(appended == nullptr || !appended->success || term < durable.current_term ||
              appended->match_index <= disk.last().index,
          "Durable Before Told", "server {} acknowledges its log up to {}, durable up to {}", id,
          appended == nullptr ? 0 : appended->match_index, disk.last().index);
  const auto* installed = std::get_if<raft::InstallSnapshotReply>(&envelope.message);
  require(installed == nullptr || !installed->installed || disk.holds(installed->position), "Durable Before Told",
          "server {} acknowledges a snapshot that is not durable", id);
}

void Invariants::proposed(NodeId id, bool handing_over, bool accepted) const {
  require(!handing_over || !accepted, "Nothing New While Handing Over", "server {} accepts a proposal", id);
}

void Invariants::applied(NodeId id, const raft::Entry& entry, const kv::Store& store) {
  Server& server = servers_[id];
  require(entry.index == server.applied + 1, "Applied In Order, Once", "server {} applies {} after {}", id, entry.index,
          server.applied);
  server.applied = entry.index;
  require(entry.index <= committed_.size(), "State Machine Safety", "server {} applies {} before it is committed", id,
          describe(entry));
  if (entry.index > applied_.size()) {
    applied_.push_back({entry.term, store.state_hash()});
  }
  const Applied& first = applied_[entry.index - 1];
  require(first.term == entry.term && first.state_hash == store.state_hash(), "State Machine Safety",
          "server {} has another state after entry {} than the server that applied it first", id, describe(entry));
}

void Invariants::performed(const kv::Command& command, std::uint64_t index, const kv::Result& result) {
  const bool took_part = result.code != kv::Code::stale_serial && result.code != kv::Code::unknown_session;
  if (!command.session || !took_part) {
    return;
  }
  const auto [effect, first] = effects_.emplace(std::pair(command.session->session, command.session->serial), result);
  require(effect->second == result, "Effect Once",
          "serial {} of session {} took effect at {}; when it came again, at {}, or with another answer",
          command.session->serial, command.session->session, effect->second.index, result.index);
  statistics_.duplicates += index != effect->second.index ? 1 : 0;
}

void Invariants::snapshot_made(NodeId id, const raft::SnapshotMeta& meta) {
  const Index index = meta.position.index;
  require(index == servers_[id].applied, "Snapshot Is The State", "server {} calls its state after {} that after {}",
          id, servers_[id].applied, index);
  require(committed_[index - 1].link.term == meta.position.term, "Snapshot Is The State",
          "server {} makes a snapshot at {}, where another entry is committed", id, describe(meta.position));
  require(meta.configuration == committed_configuration_at(index), "Snapshot Is The State",
          "server {} makes a snapshot at {} with another configuration than was in force there: {}", id,
          describe(meta.position), describe(meta.configuration));
  ++statistics_.snapshots;
}

void Invariants::installed(NodeId id, const raft::Snapshot& snapshot, const std::optional<kv::Store>& store) {
  const Index index = snapshot.meta.position.index;
  Server& server = servers_[id];
  require(index > server.applied, "State Never Regresses", "server {} goes back from {} to the snapshot at {}", id,
          server.applied, index);
  require(store && applied_[index - 1].state_hash == store->state_hash(), "Snapshot Is The State",
          "server {} gets another state at {} than was applied", id, describe(snapshot.meta.position));
  server.applied = index;
  ++statistics_.installs;
}

void Invariants::read_ready(NodeId id, Index committed_before, raft::ReadyRead ready, bool by_lease) const {
  require(ready.read_index >= committed_before, by_lease ? "Lease Exclusivity" : "Linearizable Reads",
          "a read that was asked of server {} when {} was committed was given index {}", id, committed_before,
          ready.read_index);
}

void Invariants::read_answered(Index seen_before, Index read_index, Index shown) {
  require(read_index >= seen_before, "Linearizable Reads",
          "a read was given index {}, but {} was answered to a client before it began", read_index, seen_before);
  require(shown >= read_index, "Linearizable Reads", "a read of index {} was answered at {}", read_index, shown);
  seen_ = std::max(seen_, shown);
}

void Invariants::write_answered(Index seen_before, bool retried, const kv::Result& result) {
  require(result.code != kv::Code::stale_serial && result.code != kv::Code::unknown_session, "Effect Once",
          "a client that sends its serials in order was refused");
  require(retried || result.index > seen_before, "Linearizable Writes",
          "a write took effect at {}, but {} was answered to a client before it began", result.index, seen_before);
  seen_ = std::max(seen_, result.index);
}

}  // namespace raftd::simulation
