#include "target-raftd/raft/raft.h"

#include <algorithm>
#include <stdexcept>
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
  const std::set<NodeId> distinct(config.servers.begin(), config.servers.end());
  require(distinct.contains(config.id), "Raft: this server is missing in the list of servers");
  require(distinct.size() == config.servers.size(), "Raft: a server stands twice in the list of servers");
  require(!distinct.contains(0), "Raft: a server has the id 0; ids count from 1");
  require(config.heartbeat_ticks >= 1, "Raft: heartbeat_ticks must be at least 1");
  require(config.election_timeout_ticks > config.heartbeat_ticks,
          "Raft: election_timeout_ticks must be greater than heartbeat_ticks");
  require(config.max_inflight >= 1, "Raft: max_inflight must be at least 1");
}

}  // namespace

Raft::State::State(Config config_in, Persisted persisted)
    : config(std::move(config_in)),
      random(config.random_seed),
      hard_state(persisted.hard_state),
      log(std::move(persisted.entries)),
      saved_hard_state(hard_state) {
  check(config);
  require(hard_state.current_term >= log.last().term,
          "Raft: the stored log has an entry of a later term than the stored term; the data folder is damaged: remove "
          "it, and this server will catch up under a new identity");
  reset_election_timer();
}

std::optional<NodeId> Raft::State::known_leader() const {
  if (const auto* follower = std::get_if<Follower>(&role)) {
    return follower->leader;
  }
  return std::holds_alternative<Leader>(role) ? std::optional(config.id) : std::nullopt;
}

bool Raft::State::is_peer(NodeId server) const {
  return server != config.id && std::ranges::find(config.servers, server) != config.servers.end();
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
    if (++leader->ticks_since_heartbeat >= state.config.heartbeat_ticks) {
      leader->heartbeat_due = true;
    }
  } else if (++state.ticks_since_contact >= state.election_timeout) {
    state.start_election();
  }
}

void Raft::step(Envelope envelope) {
  const NodeId from = envelope.peer;
  if (!state_->is_peer(from)) {
    return;
  }
  std::visit(
      [&](auto&& message) {
        state_->observe(message.term);
        state_->receive(from, std::forward<decltype(message)>(message));
      },
      std::move(envelope.message));
}

Proposal Raft::propose(std::string command) {
  auto* leader = std::get_if<Leader>(&state_->role);
  if (leader == nullptr) {
    return NotLeader{state_->known_leader()};
  }
  const Index index = state_->append(*leader, EntryKind::command, std::move(command));
  return Accepted{{state_->term(), index}};
}

void Raft::read(ReadId id) {
  state_->ask(state_->config.id, id);
}

void Raft::durable(LogPosition position) {
  state_->log.mark_durable(position);
  if (const auto* leader = std::get_if<Leader>(&state_->role)) {
    state_->advance_commit(*leader);
  }
}

Effects Raft::take_effects() {
  State& state = *state_;
  if (auto* leader = std::get_if<Leader>(&state.role)) {
    state.replicate(*leader);
  }
  if (state.hard_state != state.saved_hard_state) {
    state.effects.hard_state = state.saved_hard_state = state.hard_state;
  }
  state.effects.entries = state.log.take_unsaved();
  state.effects.committed = state.log.range(state.handed_to_apply, state.commit_index);
  state.handed_to_apply = state.commit_index;
  return std::exchange(state.effects, {});
}

Status Raft::status() const {
  const State& state = *state_;
  return {.id = state.config.id,
          .role = static_cast<Role>(state.role.index()),
          .term = state.term(),
          .leader = state.known_leader(),
          .commit_index = state.commit_index,
          .last_log = state.log.last()};
}

std::span<const Entry> Raft::log() const {
  return state_->log.entries();
}

}  // namespace raftd::raft
