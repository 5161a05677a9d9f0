#include "target-raftd/raft/simulation/invariants.h"

#include <fmt/core.h>

#include <algorithm>

#include "target-raftd/raft/describe.h"
#include "target-raftd/raft/quorum.h"

namespace raftd::simulation {

using raft::Index;
using raft::LogPosition;
using raft::NodeId;
using raft::Role;
using raft::Term;

namespace {

template <typename... Args>
void require(bool holds, const char* rule, fmt::format_string<Args...> text, Args&&... args) {
  if (!holds) {
    throw Violation(std::string(rule) + ": " + fmt::format(text, std::forward<Args>(args)...));
  }
}

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

void Invariants::started(NodeId id, const raft::Persisted& found) {
  Server& server = servers_[id];
  server = {};
  server.term = found.hard_state.current_term;
  for (const raft::Entry& entry : found.entries) {
    append(id, entry);
  }
}

void Invariants::stopped(NodeId id) {
  Server& server = servers_[id];
  // A term is told only once it is durable. So entries of a term that never was, such as those of the only server of a
  // cluster in the moment of its election, exist nowhere else, and other entries may take their positions.
  for (Index index = server.log.size(); index > 0; --index) {
    if (const Term term = server.log[index - 1].term; term > disks_.at(id)->hard_state.current_term) {
      chains_.erase(LogPosition{term, index});
    }
  }
  server.role = Role::follower;
}

void Invariants::stepped(NodeId id, const raft::Raft& raft, const raft::Effects& effects) {
  const raft::Status status = raft.status();
  Server& server = servers_[id];
  require(status.term >= server.term, "Terms Never Fall", "server {}: from {} to {}", id, server.term, status.term);
  mirror(id, status, effects.entries);
  const LogPosition last = server.log.empty() ? LogPosition{} : LogPosition{server.log.back().term, server.log.size()};
  require(status.last_log == last, "Effects Tell All", "server {}: its log ends at {}, what it stores at {}", id,
          describe(status.last_log), describe(last));
  check_role(id, status);
  check_commit(id, status.commit_index);
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
  }
  for (const raft::Entry& entry : entries) {
    append(id, entry);
  }
}

void Invariants::append(NodeId id, const raft::Entry& entry) {
  Server& server = servers_[id];
  const std::uint64_t before = server.log.empty() ? 0 : server.log.back().chain;
  const std::uint64_t chain = extend(before, entry);
  const auto [known, is_new] = chains_.emplace(LogPosition{entry.term, entry.index}, chain);
  require(is_new || known->second == chain, "Log Matching", "server {} has another log up to {} than another server",
          id, describe(entry));
  server.log.push_back({entry.term, chain});
}

void Invariants::check_role(NodeId id, const raft::Status& status) {
  Server& server = servers_[id];
  const bool new_term = status.term > server.term;
  if (status.role == Role::candidate && (server.role != Role::candidate || new_term)) {
    ++statistics_.campaigns;
  }
  if (status.role == Role::leader && (server.role != Role::leader || new_term)) {
    const auto [leader, first] = leaders_.emplace(status.term, id);
    require(leader->second == id, "Election Safety", "servers {} and {} both lead term {}", leader->second, id,
            status.term);
    ++statistics_.leaders;
    check_leader_is_complete(id, status.term, server);
  }
  server.role = status.role;
  server.term = status.term;
}

// A leader holds every entry that was committed in an earlier term. (One of a later term it need not hold.)
void Invariants::check_leader_is_complete(NodeId id, Term term, const Server& server) {
  for (Index index = committed_.size(); index > 0; --index) {
    const Committed& entry = committed_[index - 1];
    if (entry.known_in < term) {
      require(index <= server.log.size() && server.log[index - 1].chain == entry.link.chain, "Leader Completeness",
              "leader {} of term {} lacks entry {}, committed in term {}", id, term,
              describe(LogPosition{entry.link.term, index}), entry.known_in);
      return;  // equal links: equal up to here
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
    ++statistics_.commits;
    statistics_.commits_of_old_terms += server.log[i - 1].term < server.term ? 1 : 0;
  }
  const LogPosition position{server.log[index - 1].term, index};
  check_durable_on_majority(position);
  check_unelectable_without(position);
  for (const auto& [id, other] : servers_) {
    if (other.role == Role::leader && other.term > server.term) {
      check_leader_is_complete(id, other.term, other);
    }
  }
}

void Invariants::check_durable_on_majority(LogPosition position) {
  std::size_t holders = 0;
  for (const auto& [id, disk] : disks_) {
    const auto& log = disk->entries;
    holders += position.index <= log.size() && log[position.index - 1].term == position.term ? 1 : 0;
  }
  require(holders >= raft::majority(disks_.size()), "Durable Majority",
          "entry {} is committed, but durable on {} of {} servers only", describe(position), holders, disks_.size());
}

void Invariants::check_unelectable_without(LogPosition position) {
  const auto last = [](const raft::Persisted& disk) {
    return disk.entries.empty() ? LogPosition{} : LogPosition{disk.entries.back().term, disk.entries.size()};
  };
  for (const auto& [id, disk] : disks_) {
    const auto& log = disk->entries;
    if (position.index <= log.size() && log[position.index - 1].term == position.term) {
      continue;
    }
    std::size_t voters = 0;
    for (const auto& [other, other_disk] : disks_) {
      voters += last(*disk) >= last(*other_disk) ? 1 : 0;
    }
    require(voters < raft::majority(disks_.size()), "Unelectable",
            "entry {} is committed, but server {}, which lacks it, could still be elected", describe(position), id);
  }
}

void Invariants::vote(NodeId from, NodeId to, Term term) {
  const auto [vote, first] = votes_.emplace(std::pair(from, term), to);
  require(vote->second == to, "One Vote a Term", "server {} votes for {} and {} in term {}", from, vote->second, to,
          term);
}

void Invariants::sent(NodeId id, const raft::Envelope& envelope) {
  const raft::HardState& durable = disks_.at(id)->hard_state;
  const Term term = std::visit([](const auto& message) { return message.term; }, envelope.message);
  require(term <= durable.current_term, "Durable Before Told", "server {} tells term {}, durable is {}", id, term,
          durable.current_term);
  if (std::holds_alternative<raft::RequestVote>(envelope.message)) {
    vote(id, id, term);  // a candidate votes for itself
  }
  const auto* reply = std::get_if<raft::RequestVoteReply>(&envelope.message);
  if (reply != nullptr && reply->vote_granted) {
    vote(id, envelope.peer, reply->term);
    require(reply->term < durable.current_term || durable.voted_for == envelope.peer, "Durable Before Told",
            "server {} tells a vote for {} in term {} that is not durable", id, envelope.peer, reply->term);
  }
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
  const bool took_part = result.code == kv::Code::done || result.code == kv::Code::mismatch;
  if (!command.session || !took_part) {
    return;
  }
  const auto [effect, first] = effects_.emplace(std::pair(command.session->session, command.session->serial), index);
  require(result.index == effect->second, "Effect Once",
          "serial {} of session {} took effect at {}; when it came again, at {}", command.session->serial,
          command.session->session, effect->second, result.index);
  statistics_.duplicates += index != effect->second ? 1 : 0;
}

void Invariants::read_answered(Index seen_before, Index read_index, Index shown) {
  require(read_index >= seen_before, "Linearizable Reads",
          "a read was given index {}, but {} was answered to a client before it began", read_index, seen_before);
  require(shown >= read_index, "Linearizable Reads", "a read of index {} was answered at {}", read_index, shown);
  seen_ = std::max(seen_, shown);
}

void Invariants::write_answered(Index seen_before, bool retried, const kv::Result& result) {
  require(result.code == kv::Code::done || result.code == kv::Code::mismatch, "Effect Once",
          "a client that sends its serials in order was refused");
  require(retried || result.index > seen_before, "Linearizable Writes",
          "a write took effect at {}, but {} was answered to a client before it began", result.index, seen_before);
  seen_ = std::max(seen_, result.index);
}

}  // namespace raftd::simulation
