#include "target-raftd/raft/simulation/machine.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "target-raftd/raft/describe.h"
#include "target-raftd/raft/simulation/require.h"

namespace raftd::simulation {

Machine::Machine(World& world, Network& network, Invariants& invariants, raft::NodeId id, raft::Configuration bootstrap)
    : world_(world), network_(network), invariants_(invariants), id_(id), disk_(std::move(bootstrap)), clock_(world) {
  invariants_.watch(id_, disk_);
}

raft::Config Machine::config() {
  const Options& options = world_.options;
  return {.id = id_,
          .random_seed = world_.dice.below(1 << 30),
          .heartbeat_ticks = options.heartbeat_ticks,
          .election_timeout_ticks = options.election_timeout_ticks,
          .max_batch_bytes = options.max_batch_bytes,
          .max_inflight = options.max_inflight,
          .snapshot_chunk_bytes = options.snapshot_chunk_bytes,
          .promotion_lag = options.promotion_lag,
          .pre_vote = options.pre_vote,
          .check_quorum = options.check_quorum,
          .lease = Clock::lease(options)};
}

void Machine::start() {
  ++starts_;
  clock_.restart();
  const raft::Persisted found = disk_.recover();
  restore(found.snapshot);
  invariants_.started(id_, found, store_);
  raft_.emplace(config(), found);
  tick();
}

void Machine::crash() {
  raft_.reset();
  role_ = raft::Role::follower;
  ticks_handing_over_ = 0;
  store_ = kv::Store();
  applied_ = 0;
  take_is_planned_ = duties_are_planned_ = making_snapshot_ = false;
  paused_until_ = 0;
  disk_fails_ = {};
  duties_.clear();
  writes_.clear();
  reads_.clear();
  world_.statistics.torn_batches += disk_.crash(world_.dice) ? 1 : 0;
  invariants_.stopped(id_);
}

void Machine::lose_disk() {
  if (up()) {
    crash();
  }
  lost_ = true;
}

void Machine::after(Time delay, std::function<void()> event) {
  world_.timeline.after(delay, [this, start = starts_, event = std::move(event)] {
    if (!up() || start != starts_) {
      return;
    }
    if (paused_until_ > world_.timeline.now()) {
      // What waited for the machine comes in no special order; and the pause may end earlier than planned.
      const Time left = paused_until_ - world_.timeline.now();
      after(std::min(left, 2 * tick_length) + world_.dice.below(tick_length / 4), event);
    } else {
      event();
    }
  });
}

void Machine::tick() {
  after(clock_.until_next_tick(), [this] {
    raft_->tick();
    const bool handing_over = raft_->status().handing_over_to.has_value();
    ticks_handing_over_ = handing_over ? ticks_handing_over_ + 1 : 0;
    require(ticks_handing_over_ <= 2 * world_.options.election_timeout_ticks, "Transfer Is Given Up",
            "server {} has been handing over for {} ticks", id_, ticks_handing_over_);
    changed();
    tick();
  });
}

void Machine::receive(const raft::Envelope& envelope) {
  after(0, [this, envelope] {
    raft_->step(envelope);
    changed();
  });
}

raft::Proposal Machine::write(const kv::Command& command, WriteDone done) {
  const bool handing_over = raft_->status().handing_over_to.has_value();
  const raft::Proposal proposal = raft_->propose(kv::encode(command));
  const auto* accepted = std::get_if<raft::Accepted>(&proposal);
  invariants_.proposed(id_, handing_over, accepted != nullptr);
  if (accepted != nullptr) {
    writes_[accepted->position.index] = {accepted->position.term, std::move(done)};
    changed();
  }
  return proposal;
}

void Machine::read(raft::ReadId id, raft::ReadMode mode, ReadDone done) {
  reads_[id] = {std::nullopt, std::move(done), invariants_.committed(), mode == raft::ReadMode::lease};
  raft_->read(id, mode);
  changed();
}

std::variant<raft::Accepted, raft::ChangeRefusal> Machine::change(const raft::MembershipChange& change) {
  const auto outcome = raft_->change(change);
  changed();
  return outcome;
}

std::optional<raft::TransferRefusal> Machine::transfer(raft::NodeId server) {
  const auto refusal = raft_->transfer(server);
  changed();
  return refusal;
}

// A shell may take the effects after each input or after several.
void Machine::changed() {
  if (take_is_planned_) {
    return;
  }
  if (!world_.dice.chance(world_.options.joined_inputs)) {
    take();
    return;
  }
  take_is_planned_ = true;
  after(world_.dice.between(1, tick_length / 2), [this] {
    take_is_planned_ = false;
    take();
  });
}

void Machine::take() {
  raft::Effects effects = raft_->take_effects(clock_.now());
  trace_effects(effects);
  invariants_.stepped(id_, *raft_, effects);
  const raft::Role before = std::exchange(role_, raft_->status().role);
  if (role_ != before && role_ != raft::Role::follower) {
    network_.remind(id_);
  }
  if (effects.empty()) {
    return;
  }
  Duties duties{.install = effects.install,
                .committed = std::move(effects.committed),
                .ready_reads = std::move(effects.ready_reads),
                .refused_reads = std::move(effects.refused_reads)};
  const bool must_write = effects.hard_state || effects.install || !effects.entries.empty();
  const bool must_wait = duties.install || world_.dice.chance(world_.options.after_disk);
  const std::uint64_t batch = disk_.write(std::move(effects), world_.timeline.now(),
                                          must_write ? world_.dice.between(1, world_.options.disk) : 0);
  duties.batch = must_wait ? batch : 0;
  send(disk_.take_messages_at_once());
  plan_disk();
  plan_duties(std::move(duties));
}

void Machine::trace_effects(const raft::Effects& effects) {
  if (!world_.trace) {
    return;
  }
  const raft::Status status = raft_->status();
  if (effects.hard_state || status.role != role_) {
    world_.trace(fmt::format("{} is {}, term {}", id_, raft::describe(status.role), status.term));
  }
  if (effects.install) {
    world_.trace(fmt::format("{} installs {}", id_, raft::describe(effects.install->meta.position)));
  }
  if (!effects.entries.empty()) {
    const raft::Entry& last = effects.entries.back();
    world_.trace(fmt::format("{} stores {}..{}", id_, effects.entries.front().index,
                             raft::describe(raft::LogPosition{last.term, last.index})));
  }
  for (const raft::Entry& entry : effects.entries) {
    if (entry.kind == raft::EntryKind::configuration) {
      world_.trace(fmt::format("{} obeys {}", id_, raft::describe(raft::decode_configuration(entry.command).value())));
    }
  }
  if (!effects.committed.empty()) {
    world_.trace(fmt::format("{} commits up to {}", id_, effects.committed.back().index));
  }
}

void Machine::send(const std::vector<raft::Envelope>& messages) {
  for (const raft::Envelope& envelope : messages) {
    invariants_.sent(id_, envelope);
    network_.send(id_, envelope);
  }
}

void Machine::plan_disk() {
  if (const Disk::Batch* batch = disk_.first_unplanned()) {
    const Time now = world_.timeline.now();
    after(batch->done_at > now ? batch->done_at - now : 0, [this] { disk_done(); });
  }
}

void Machine::disk_done() {
  if (const auto stop = std::exchange(disk_fails_, {})) {
    stop();
    return;
  }
  const raft::Effects effects = disk_.finish_first();
  send(effects.messages);
  send(disk_.take_messages_at_once());
  plan_disk();
  if (!effects.entries.empty()) {
    raft_->durable({effects.entries.back().term, effects.entries.back().index});
    changed();
  } else if (effects.install) {
    raft_->durable(effects.install->meta.position);
    changed();
  }
  perform_duties();
}

}  // namespace raftd::simulation
