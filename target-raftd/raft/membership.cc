// Changes of the configuration, one server at a time (dissertation, chapter 4), and leadership transfer (§3.10).

#include <algorithm>
#include <utility>

#include "target-raftd/raft/raft_state.h"

namespace raftd::raft {

std::variant<Accepted, ChangeRefusal> Raft::change(const MembershipChange& change) {
  State& state = *state_;
  auto* leader = std::get_if<Leader>(&state.role);
  if (leader == nullptr) {
    return ChangeRefusal::not_leader;
  }
  if (const auto refusal = state.why_no_change(*leader, change)) {
    return *refusal;
  }
  const auto next = changed(state.log.configuration(), change);
  if (const auto* refusal = std::get_if<ChangeRefusal>(&next)) {
    return *refusal;
  }
  const Index index = state.append(*leader, EntryKind::configuration, encode(std::get<Configuration>(next)));
  state.adopt_configuration(*leader);
  return Accepted{{state.term(), index}};
}

// Majorities of neighbouring configurations share a server only if each change starts from a committed configuration.
// The newest one in the log may belong to an earlier leader, and a majority of another one, which this server has never
// seen, may have been formed elsewhere; an entry of this leader's own term, once committed, rules that out (Ongaro,
// "bug in single-server membership changes", raft-dev, 2015).
std::optional<ChangeRefusal> Raft::State::why_no_change(const Leader& leader, const MembershipChange& change) const {
  if (leader.hand_over) {
    return ChangeRefusal::handing_over;
  }
  if (log.configuration_index() > commit_index) {
    return ChangeRefusal::change_pending;
  }
  if (log.term_at(commit_index) != term()) {
    return ChangeRefusal::term_not_begun;
  }
  if (const auto* promote = std::get_if<Promote>(&change)) {
    const auto learner = leader.peers.find(promote->server);
    const auto lags = [&](Index match) { return match == 0 || match + config.promotion_lag < log.last_index(); };
    const bool behind = learner != leader.peers.end() && lags(learner->second.match_index());
    if (behind && !log.configuration().is_voter(promote->server)) {
      return ChangeRefusal::learner_behind;
    }
  }
  return std::nullopt;
}

// A new member starts being probed, a removed one gets nothing any more.
void Raft::State::adopt_configuration(Leader& leader) {
  const Configuration& configuration = log.configuration();
  std::erase_if(leader.peers, [&](const auto& peer) { return !configuration.contains(peer.first); });
  for (const auto& [server, member] : configuration.members) {
    if (server != config.id) {
      leader.peers.try_emplace(server, log.last_index() + 1);
    }
  }
  if (leader.hand_over && !configuration.is_voter(leader.hand_over->to)) {
    leader.hand_over.reset();
  }
}

std::optional<TransferRefusal> Raft::transfer(NodeId server) {
  State& state = *state_;
  auto* leader = std::get_if<Leader>(&state.role);
  if (leader == nullptr) {
    return TransferRefusal::not_leader;
  }
  if (leader->hand_over) {
    return TransferRefusal::pending;
  }
  if (server == state.config.id) {
    return TransferRefusal::leads_already;
  }
  if (!state.log.configuration().contains(server)) {
    return TransferRefusal::unknown_member;
  }
  if (!state.log.configuration().is_voter(server)) {
    return TransferRefusal::not_a_voter;
  }
  leader->hand_over = HandOver{.to = server};
  return std::nullopt;
}

// The successor is asked as soon as it has the whole log, which no longer grows. From then on the lease proves nothing:
// the successor's election does not wait until the others have stopped hearing from this leader.
void Raft::State::hand_over(Leader& leader) {
  if (!leader.hand_over || leader.hand_over->asked) {
    return;
  }
  const NodeId to = leader.hand_over->to;
  if (leader.peers.at(to).match_index() == log.last_index()) {
    leader.hand_over->asked = true;
    leader.lease.forfeited = true;
    send(to, TimeoutNow{.term = term()});
  }
}

void Raft::State::receive(NodeId, const TimeoutNow& request) {
  if (request.term == term() && std::holds_alternative<Follower>(role) && may_campaign()) {
    start_election(true);
  }
}

// A leader that removed itself leads until that is committed (§4.2.2); then it asks the voter with the longest log to
// take over, which spares the others an election timeout.
void Raft::State::resign_if_removed() {
  auto* leader = std::get_if<Leader>(&role);
  if (leader == nullptr || log.configuration().contains(config.id) || log.configuration_index() > commit_index) {
    return;
  }
  const auto best = std::ranges::max_element(leader->peers, {}, [&](const auto& peer) {
    return std::pair(log.configuration().is_voter(peer.first), peer.second.match_index());
  });
  send(best->first, TimeoutNow{.term = term()});
  stand_down();
}

}  // namespace raftd::raft
