#include "target-raftd/raft/raft.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "target-raftd/raft/raft_state.h"

namespace raftd::raft {
namespace {

void require(bool holds, const char* what) {
  if (!holds) {
    throw std::invalid_argument(what);
  }
}

void check(const Config& config) {
  require(config.id != 0, "Raft: this server has the id 0; ids count from 1");
  require(config.heartbeat_ticks >= 1, "Raft: heartbeat_ticks must be at least 1");
  require(config.election_timeout_ticks > config.heartbeat_ticks,
          "Raft: election_timeout_ticks must be greater than heartbeat_ticks");
  require(config.max_inflight >= 1, "Raft: max_inflight must be at least 1");
  require(config.snapshot_chunk_bytes >= 1, "Raft: snapshot_chunk_bytes must be at least 1");
  require(config.lease == Time(0) || config.check_quorum, "Raft: a lease is safe only with check_quorum");
}

void check(const Persisted& persisted) {
  const LogPosition covered = persisted.snapshot.meta.position;
  const Index last = persisted.log_base.index + persisted.entries.size();
  require(persisted.log_base.index <= covered.index && covered.index <= last,
          "Raft: the stored log does not reach the stored snapshot; the data folder is damaged: remove it, and this "
          "server will catch up under a new identity");
  require(covered.index == 0 || persisted.snapshot.data, "Raft: the stored snapshot has no data");
}

Log log_of(Persisted& persisted) {
  const SnapshotMeta& meta = persisted.snapshot.meta;
  return {persisted.log_base, std::move(persisted.entries), meta.configuration, meta.position.index};
}

// Whether the term of a message is one that its sender is in. A pre-vote and its grant speak of a term that may never
// begin.
bool tells_term(const RequestVote& request) {
  return !request.pre_vote;
}
bool tells_term(const RequestVoteReply& reply) {
  return !(reply.pre_vote && reply.vote_granted);
}
template <typename Message>
bool tells_term(const Message&) {
  return true;
}

}  // namespace

Raft::State::State(Config config_in, Persisted persisted)
    : config(std::move(config_in)),
      random(config.random_seed),
      hard_state(persisted.hard_state),
      snapshot((check(persisted), persisted.snapshot)),
      log(log_of(persisted)),
      commit_index(snapshot.meta.position.index),
      saved_hard_state(hard_state),
      handed_to_apply(commit_index) {
  check(config);
  // A snapshot is saved beside the log, and may have been faster than the term in which its last entry was received.
  // That term was not told to anybody then, and neither was a vote in it.
  if (snapshot.meta.position.term > term()) {
    hard_state = {.current_term = snapshot.meta.position.term};
  }
  require(hard_state.current_term >= log.last().term,
          "Raft: the stored log has an entry of a later term than the stored term; the data folder is damaged: remove "
          "it, and this server will catch up under a new identity");
  reset_election_timer();
  // A server that was ever up may have answered a leader right before it stopped, and so prolonged its lease.
  ticks_since_leader = term() > 0 ? 0 : config.election_timeout_ticks;
}

std::optional<NodeId> Raft::State::known_leader() const {
  if (const auto* follower = std::get_if<Follower>(&role)) {
    return follower->leader;
  }
  return std::holds_alternative<Leader>(role) ? std::optional(config.id) : std::nullopt;
}

void Raft::State::send(NodeId to, Message message) {
  effects.messages.push_back({to, std::move(message)});
}

Raft::Raft(Config config, Persisted persisted)
    : state_(std::make_unique<State>(std::move(config), std::move(persisted))) {}
Raft::~Raft() = default;
Raft::Raft(Raft&&) noexcept = default;
Raft& Raft::operator=(Raft&&) noexcept = default;

void Raft::tick() {
  State& state = *state_;
  if (auto* leader = std::get_if<Leader>(&state.role)) {
    state.tick_leader(*leader);
    return;
  }
  ++state.ticks_since_leader;
  if (++state.ticks_since_contact >= state.election_timeout) {
    state.campaign();
  }
}

void Raft::State::tick_leader(Leader& leader) {
  if (++leader.ticks_since_heartbeat >= config.heartbeat_ticks) {
    leader.heartbeat_due = true;
  }
  if (leader.hand_over && ++leader.hand_over->ticks >= config.election_timeout_ticks) {
    leader.hand_over.reset();  // it failed; go on
  }
  if (++leader.ticks_since_quorum_check >= config.election_timeout_ticks) {
    leader.ticks_since_quorum_check = 0;
    check_quorum(leader);
  }
}

void Raft::step(Envelope envelope) {
  const NodeId from = envelope.peer;
  if (from == state_->config.id) {
    return;
  }
  std::visit(
      [&](auto&& message) {
        if constexpr (std::is_same_v<std::decay_t<decltype(message)>, RequestVote>) {
          if (!message.pre_vote && !state_->begins_term(message)) {
            return;
          }
        }
        if (tells_term(message)) {
          state_->observe(message.term);
        }
        state_->receive(from, std::forward<decltype(message)>(message));
      },
      std::move(envelope.message));
}

Proposal Raft::propose(std::string command) {
  auto* leader = std::get_if<Leader>(&state_->role);
  if (leader == nullptr) {
    return NotLeader{state_->known_leader()};
  }
  if (leader->hand_over) {
    return HandingOver{};
  }
  const Index index = state_->append(*leader, EntryKind::command, std::move(command));
  return Accepted{{state_->term(), index}};
}

void Raft::read(ReadId id, ReadMode mode) {
  state_->ask(state_->config.id, id, mode == ReadMode::lease);
}

void Raft::durable(LogPosition position) {
  state_->log.mark_durable(position);
  if (const auto* leader = std::get_if<Leader>(&state_->role)) {
    state_->advance_commit(*leader);
  }
}

Effects Raft::take_effects(Time now) {
  State& state = *state_;
  if (auto* leader = std::get_if<Leader>(&state.role)) {
    state.hand_over(*leader);
    state.replicate(*leader, now);
    state.resign_if_removed();
  }
  if (state.hard_state != state.saved_hard_state) {
    state.effects.hard_state = state.saved_hard_state = state.hard_state;
    state.hold_back_messages();
  }
  state.effects.entries = state.log.take_unsaved();
  state.effects.committed = state.log.range(state.handed_to_apply, state.commit_index);
  state.handed_to_apply = state.commit_index;
  return std::exchange(state.effects, {});
}

// The only voter of a cluster leads in the same batch in which its term begins; what it sends then has to wait for that
// term to be durable.
void Raft::State::hold_back_messages() {
  std::vector<Envelope> held = std::exchange(effects.messages_at_once, {});
  std::ranges::move(effects.messages, std::back_inserter(held));
  effects.messages = std::move(held);
}

Status Raft::status() const {
  const State& state = *state_;
  Status status = state.counted;
  status.id = state.config.id;
  status.role = static_cast<Role>(state.role.index());
  status.term = state.term();
  status.leader = state.known_leader();
  status.commit_index = state.commit_index;
  status.last_log = state.log.last();
  status.log_base = state.log.base();
  status.snapshot = state.snapshot.meta.position;
  status.voter = state.votes();
  if (const auto* leader = std::get_if<Leader>(&state.role); leader != nullptr && leader->hand_over) {
    status.handing_over_to = leader->hand_over->to;
  }
  return status;
}

const Configuration& Raft::configuration() const {
  return state_->log.configuration();
}

Index Raft::configuration_index() const {
  return state_->log.configuration_index();
}

std::span<const Entry> Raft::log() const {
  return state_->log.entries();
}

}  // namespace raftd::raft
