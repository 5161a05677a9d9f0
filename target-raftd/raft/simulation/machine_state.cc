// The lane that need not wait for this server's disk: the state machine, reads, snapshots.

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "target-raftd/raft/describe.h"
#include "target-raftd/raft/simulation/machine.h"
#include "target-raftd/raft/simulation/require.h"

namespace raftd::simulation {
namespace {

std::uint64_t checksum(const std::string& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

// Two servers may write the same state in different bytes: these begin with their number, as often as it says.
std::string written_by(raft::NodeId server, const std::string& state) {
  return std::string(server, static_cast<char>(server)) + state;
}

std::optional<kv::Store> read_state(const std::string& data) {
  const auto padding = data.empty() ? std::size_t{0} : static_cast<std::size_t>(data.front());
  return padding > data.size() ? std::nullopt : kv::Store::restore(std::string_view(data).substr(padding));
}

}  // namespace

void Machine::restore(const raft::Snapshot& snapshot) {
  applied_ = snapshot.meta.position.index;
  if (snapshot.data) {
    auto store = read_state(*snapshot.data);
    require(store.has_value(), "Snapshot Is The State", "server {} starts with a damaged snapshot", id_);
    store_ = std::move(*store);
  }
}

void Machine::plan_duties(Duties duties) {
  if (!duties.install && duties.committed.empty() && duties.ready_reads.empty() && duties.refused_reads.empty()) {
    return;
  }
  duties.not_before = world_.timeline.now() + world_.dice.below(world_.options.apply + 1);
  duties_.push_back(std::move(duties));
  perform_duties();
}

void Machine::perform_duties() {
  while (!duties_.empty() && disk_.finished(duties_.front().batch)) {
    if (const Time now = world_.timeline.now(); duties_.front().not_before > now) {
      if (!std::exchange(duties_are_planned_, true)) {
        after(duties_.front().not_before - now, [this] {
          duties_are_planned_ = false;
          perform_duties();
        });
      }
      return;
    }
    const Duties duties = std::move(duties_.front());
    duties_.pop_front();
    perform(duties);
  }
}

void Machine::perform(const Duties& duties) {
  if (duties.install) {
    const raft::Snapshot& snapshot = *duties.install;
    require(checksum(*snapshot.data) == snapshot.meta.checksum, "Snapshot Arrives Whole",
            "server {} installs other bytes at {} than were sent", id_, raft::describe(snapshot.meta.position));
    auto store = read_state(*snapshot.data);
    invariants_.installed(id_, snapshot, store);
    store_ = std::move(*store);
    applied_ = snapshot.meta.position.index;
    while (!writes_.empty() && writes_.begin()->first <= applied_) {  // nobody here knows what became of them
      auto pending = writes_.extract(writes_.begin());
      pending.mapped().done(std::nullopt);
    }
  }
  for (const raft::Entry& entry : duties.committed) {
    apply(entry);
  }
  for (const raft::ReadyRead& read : duties.ready_reads) {
    ready(read);
  }
  for (const raft::ReadId id : duties.refused_reads) {
    if (const auto at = reads_.find(id); at != reads_.end() && !at->second.index) {
      const auto refused = reads_.extract(at);
      refused.mapped().done(std::nullopt);
    }
  }
  answer_reads();
  make_snapshot();
}

void Machine::ready(const raft::ReadyRead& read) {
  if (const auto at = reads_.find(read.read); at != reads_.end() && !at->second.index) {
    at->second.index = read.read_index;
    invariants_.read_ready(id_, at->second.committed_before, read, at->second.by_lease);
  }
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
  if (const auto pending = writes_.extract(entry.index)) {
    const bool own = pending.mapped().term == entry.term;
    pending.mapped().done(own ? result : std::nullopt);
  }
}

void Machine::answer_reads() {
  for (auto at = reads_.begin(); at != reads_.end();) {
    const PendingRead& read = at->second;
    if (read.index && *read.index <= applied_) {
      world_.statistics.forwarded_reads += leads() ? 0 : 1;
      world_.statistics.lease_reads += read.by_lease ? 1 : 0;
      read.done(Shown{*read.index, applied_});
      at = reads_.erase(at);
    } else {
      ++at;
    }
  }
}

// The state is frozen now and written later, while the store goes on.
void Machine::make_snapshot() {
  const raft::Status status = raft_->status();
  const bool due =
      world_.options.snapshot_every > 0 && applied_ >= status.snapshot.index + world_.options.snapshot_every;
  if (!due || making_snapshot_) {
    return;
  }
  raft::SnapshotMeta meta = raft_->snapshot_meta(applied_);
  if (meta.configuration.members.empty()) {  // a new server whose log has not come to the first configuration yet
    return;
  }
  making_snapshot_ = true;
  invariants_.snapshot_made(id_, meta);
  after(world_.dice.between(1, world_.options.snapshot_time), [this, meta, frozen = store_.freeze()]() mutable {
    const std::string data = written_by(id_, kv::encode(frozen));
    meta.checksum = checksum(data);
    snapshot_saved({meta, std::make_shared<const std::string>(data)});
  });
}

// A crash may come between any two of: the snapshot is durable, the server knows, the stored log is compacted.
void Machine::snapshot_saved(const raft::Snapshot& snapshot) {
  disk_.save(snapshot);
  if (world_.trace) {
    world_.trace(fmt::format("{} has a snapshot at {}", id_, raft::describe(snapshot.meta.position)));
  }
  after(world_.dice.below(tick_length), [this, snapshot] {
    const raft::Index index = snapshot.meta.position.index;
    raft_->compacted(snapshot, index - std::min(index, world_.options.snapshot_tail));
    changed();
    after(world_.dice.below(tick_length), [this] {
      disk_.compact(raft_->status().log_base);
      making_snapshot_ = false;
    });
  });
}

}  // namespace raftd::simulation
