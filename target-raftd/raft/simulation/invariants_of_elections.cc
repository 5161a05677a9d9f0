// Of elections: one vote a term, one leader a term, by a majority of the voters, with all that is committed.

#include <iterator>

#include "target-raftd/raft/describe.h"
#include "target-raftd/raft/quorum.h"
#include "target-raftd/raft/simulation/invariants.h"
#include "target-raftd/raft/simulation/require.h"

namespace raftd::simulation {

using raft::Index;
using raft::LogPosition;
using raft::NodeId;
using raft::Role;
using raft::Term;

void Invariants::check_role(NodeId id, const raft::Status& status) {
  Server& server = servers_[id];
  const bool is_new = server.role != status.role || status.term > server.term;
  if (is_new && status.role != Role::follower) {
    require(may_campaign(id, server, status.commit_index), "Voters Only",
            "server {} is {} in term {}, but no voter of {}", id, describe(status.role), status.term,
            describe(server.configuration()));
  }
  if (is_new && status.role == Role::candidate) {
    ++statistics_.campaigns;
  }
  if (is_new && status.role == Role::leader) {
    const auto [leader, first] = leaders_.emplace(status.term, id);
    require(leader->second == id, "Election Safety", "servers {} and {} both lead term {}", leader->second, id,
            status.term);
    ++statistics_.leaders;
    check_elected(id, status.term, server);
    check_leader_is_complete(id, status.term, server);
  }
  server.role = status.role;
  server.term = status.term;
}

// A server whose removal is not committed yet may still be needed to commit it (dissertation §4.2.2).
bool Invariants::may_campaign(NodeId id, const Server& server, Index commit_index) {
  const auto newest = server.configurations.rbegin();
  const auto before = std::next(newest);
  const bool being_removed =
      newest->first > commit_index && before != server.configurations.rend() && before->second.is_voter(id);
  return being_removed || server.in_force([id](const auto& configuration) { return configuration.is_voter(id); });
}

void Invariants::check_elected(NodeId id, Term term, const Server& server) const {
  const auto by_majority = [&](const raft::Configuration& configuration) {
    std::size_t votes = 0;
    for (const auto& [voter, member] : configuration.members) {
      const auto vote = votes_.find({voter, term});
      const bool given = vote != votes_.end() && vote->second == id;
      votes += member.voter && (given || voter == id) ? 1 : 0;
    }
    return votes >= raft::majority(configuration.voters());
  };
  require(server.in_force(by_majority), "Elected By Majority",
          "server {} leads term {} without the votes of a majority of {}", id, term, describe(server.configuration()));
}

// A leader holds every entry that was committed in an earlier term. (One of a later term it need not hold.)
void Invariants::check_leader_is_complete(NodeId id, Term term, const Server& server) const {
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

void Invariants::vote(NodeId from, NodeId to, Term term) {
  const auto [vote, first] = votes_.emplace(std::pair(from, term), to);
  require(vote->second == to, "One Vote a Term", "server {} votes for {} and {} in term {}", from, vote->second, to,
          term);
}

}  // namespace raftd::simulation
