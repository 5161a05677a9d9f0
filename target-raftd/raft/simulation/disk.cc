#include "target-raftd/raft/simulation/disk.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace raftd::simulation {

using raft::LogPosition;

Disk::Disk(raft::Configuration bootstrap) {
  durable_.snapshot.meta.configuration = std::move(bootstrap);
}

std::uint64_t Disk::write(raft::Effects effects, Time now, Time duration) {
  const Time before = under_way_.empty() ? now : under_way_.back().done_at;
  under_way_.push_back({std::move(effects), ++written_, std::max(before, now + duration)});
  return written_;
}

const Disk::Batch* Disk::first_unplanned() {
  if (under_way_.empty() || std::exchange(under_way_.front().planned, true)) {
    return nullptr;
  }
  return &under_way_.front();
}

raft::Effects Disk::finish_first() {
  raft::Effects effects = std::move(under_way_.front().effects);
  finished_ = under_way_.front().number;
  under_way_.pop_front();
  if (effects.hard_state) {
    durable_.hard_state = *effects.hard_state;
  }
  if (effects.install) {
    install(*effects.install);
    drop_log();
  }
  write_entries(effects.entries, effects.entries.size());
  return effects;
}

void Disk::install(const raft::Snapshot& snapshot) {
  if (snapshot.meta.position.index > durable_.snapshot.meta.position.index) {
    durable_.snapshot = snapshot;
  }
}

void Disk::drop_log() {
  durable_.log_base = snapshot();
  durable_.entries.clear();
  configurations_.clear();
}

// The first entry says where the stored log is cut.
void Disk::write_entries(const std::vector<raft::Entry>& entries, std::size_t count) {
  if (entries.empty()) {
    return;
  }
  const raft::Index kept = entries.front().index - 1 - durable_.log_base.index;
  durable_.entries.resize(std::min<std::size_t>(durable_.entries.size(), kept));
  while (!configurations_.empty() && configurations_.back().index >= entries.front().index) {
    configurations_.pop_back();
  }
  for (std::size_t i = 0; i < count; ++i) {
    durable_.entries.push_back(entries[i]);
    if (entries[i].kind == raft::EntryKind::configuration) {
      configurations_.push_back({entries[i].index, raft::decode_configuration(entries[i].command).value()});
    }
  }
}

std::vector<raft::Envelope> Disk::take_messages_at_once() {
  std::vector<raft::Envelope> messages;
  for (Batch& batch : under_way_) {
    std::ranges::move(batch.effects.messages_at_once, std::back_inserter(messages));
    batch.effects.messages_at_once.clear();
    if (batch.effects.hard_state) {
      break;
    }
  }
  return messages;
}

void Disk::save(const raft::Snapshot& snapshot) {
  install(snapshot);
}

void Disk::compact(LogPosition base) {
  if (base.index > durable_.log_base.index && base.index <= snapshot().index && stores(base)) {
    const auto gone = static_cast<std::ptrdiff_t>(base.index - durable_.log_base.index);
    durable_.entries.erase(durable_.entries.begin(), durable_.entries.begin() + gone);
    durable_.log_base = base;
  }
}

bool Disk::crash(Dice& dice) {
  bool torn = false;
  while (!under_way_.empty() && !torn && dice.chance(500)) {
    const raft::Effects& effects = under_way_.front().effects;
    if (effects.hard_state) {
      durable_.hard_state = *effects.hard_state;
    }
    if (effects.install) {
      torn = dice.chance(300);
      if (torn) {
        break;
      }
      install(*effects.install);  // the snapshot has its place, but the log does not know it yet
      torn = dice.chance(300);
      if (torn) {
        break;
      }
      drop_log();
    }
    const std::size_t kept = dice.below(effects.entries.size() + 1);
    write_entries(effects.entries, kept);
    torn = kept < effects.entries.size();
    under_way_.pop_front();
  }
  under_way_.clear();
  finished_ = written_;
  return torn;
}

raft::Persisted Disk::recover() {
  if (!log_fits()) {
    drop_log();
  }
  return durable_;
}

bool Disk::stores(LogPosition position) const {
  if (position.index <= durable_.log_base.index) {
    return position == durable_.log_base;
  }
  const raft::Index at = position.index - durable_.log_base.index - 1;
  return at < durable_.entries.size() && durable_.entries[at].term == position.term;
}

LogPosition Disk::last() const {
  if (!log_fits()) {
    return snapshot();
  }
  if (durable_.entries.empty()) {
    return durable_.log_base;
  }
  return {durable_.entries.back().term, durable_.entries.back().index};
}

bool Disk::holds(LogPosition committed) const {
  return committed.index <= snapshot().index || (log_fits() && stores(committed));
}

const raft::Configuration& Disk::configuration() const {
  const bool newer = log_fits() && !configurations_.empty() && configurations_.back().index > snapshot().index;
  return newer ? configurations_.back().configuration : durable_.snapshot.meta.configuration;
}

}  // namespace raftd::simulation
