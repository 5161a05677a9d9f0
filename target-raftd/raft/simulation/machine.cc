#include "target-raftd/raft/simulation/machine.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "target-raftd/raft/describe.h"

namespace raftd::simulation {

Machine::Machine(World& world, Network& network, Invariants& invariants, raft::NodeId id)
    : world_(world), network_(network), invariants_(invariants), id_(id) {}

void Machine::start() {
  const Options& options = world_.options;
  std::vector<raft::NodeId> servers;
  for (raft::NodeId server = 1; server <= options.servers; ++server) {
    servers.push_back(server);
  }
  ++starts_;
  invariants_.started(id_, disk_.durable());
  raft_.emplace(raft::Config{.id = id_,
                             .servers = std::move(servers),
                             .random_seed = world_.dice.below(1 << 30),
                             .heartbeat_ticks = options.heartbeat_ticks,
                             .election_timeout_ticks = options.election_timeout_ticks,
                             .max_batch_bytes = options.max_batch_bytes,
                             .max_inflight = options.max_inflight},
                disk_.durable());
  tick();
}

void Machine::crash() {
  raft_.reset();
  store_ = kv::Store();
  applied_ = 0;
  take_is_planned_ = false;
  paused_until_ = 0;
  writes_.clear();
  reads_.clear();
  world_.statistics.torn_batches += disk_.crash(world_.dice) ? 1 : 0;
  invariants_.stopped(id_);
}

void Machine::after(Time delay, std::function<void()> event) {
  world_.timeline.after(delay, [this, start = starts_, event = std::move(event)] {
    if (!up() || start != starts_) {
      return;
    }
    if (paused_until_ > world_.timeline.now()) {
      after(paused_until_ - world_.timeline.now(), event);
    } else {
      event();
    }
  });
}

void Machine::tick() {
  // Clocks drift: no two ticks take exactly the same time.
  after(world_.dice.between(tick_length * 3 / 4, tick_length * 5 / 4), [this] {
    raft_->tick();
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
  const raft::Proposal proposal = raft_->propose(kv::encode(command));
  if (const auto* accepted = std::get_if<raft::Accepted>(&proposal)) {
    writes_[accepted->position.index] = {accepted->position.term, std::move(done)};
    changed();
  }
  return proposal;
}

void Machine::read(raft::ReadId id, ReadDone done) {
  reads_[id] = {std::nullopt, std::move(done)};
  raft_->read(id);
  changed();
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
  raft::Effects effects = raft_->take_effects();
  trace_effects(effects);
  invariants_.stepped(id_, *raft_, effects);
  if (effects.empty()) {
    return;
  }
  const bool must_write = effects.hard_state || !effects.entries.empty();
  disk_.write(std::move(effects), world_.timeline.now(), must_write ? world_.dice.between(1, world_.options.disk) : 0);
  send(disk_.take_messages_at_once());
  plan_disk();
}

void Machine::trace_effects(const raft::Effects& effects) {
  if (!world_.trace) {
    return;
  }
  if (effects.hard_state) {
    const raft::Status status = raft_->status();
    world_.trace(fmt::format("{} is {}, {}", id_, raft::describe(status.role), raft::describe(*effects.hard_state)));
  }
  if (!effects.entries.empty()) {
    const raft::Entry& last = effects.entries.back();
    world_.trace(fmt::format("{} stores {}..{}", id_, effects.entries.front().index,
                             raft::describe(raft::LogPosition{last.term, last.index})));
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
  const raft::Effects effects = disk_.make_first_durable();
  if (!effects.entries.empty()) {
    raft_->durable({effects.entries.back().term, effects.entries.back().index});
    changed();
  }
  send(effects.messages);
  perform(effects);
  disk_.finish_first();
  send(disk_.take_messages_at_once());
  plan_disk();
}

void Machine::perform(const raft::Effects& effects) {
  for (const raft::Entry& entry : effects.committed) {
    apply(entry);
  }
  for (const raft::ReadyRead& ready : effects.ready_reads) {
    if (const auto at = reads_.find(ready.read); at != reads_.end() && !at->second.index) {
      at->second.index = ready.read_index;
    }
  }
  for (const raft::ReadId id : effects.refused_reads) {
    if (auto refused = reads_.extract(id); refused && !refused.mapped().index) {
      refused.mapped().done(std::nullopt);
    }
  }
  answer_reads();
}

void Machine::apply(const raft::Entry& entry) {
  std::optional<kv::Result> result;
  if (entry.kind == raft::EntryKind::command) {
    const kv::Command command = kv::decode(entry.command).value();
    result = store_.apply(entry.index, command);
    invariants_.performed(command, entry.index, *result);
  }
  applied_ = entry.index;
  invariants_.applied(id_, entry, store_);
  if (auto pending = writes_.extract(entry.index)) {
    const bool own = pending.mapped().term == entry.term;
    pending.mapped().done(own ? result : std::nullopt);
  }
}

void Machine::answer_reads() {
  for (auto at = reads_.begin(); at != reads_.end();) {
    const PendingRead& read = at->second;
    if (read.index && *read.index <= applied_) {
      world_.statistics.forwarded_reads += leads() ? 0 : 1;
      read.done(Shown{*read.index, applied_});
      at = reads_.erase(at);
    } else {
      ++at;
    }
  }
}

}  // namespace raftd::simulation
