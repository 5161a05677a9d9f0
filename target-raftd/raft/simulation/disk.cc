#include "target-raftd/raft/simulation/disk.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace raftd::simulation {

void Disk::write(raft::Effects effects, Time now, Time duration) {
  const Time before = under_way_.empty() ? now : under_way_.back().done_at;
  under_way_.push_back({std::move(effects), std::max(before, now + duration)});
}

const Disk::Batch* Disk::first_unplanned() {
  if (under_way_.empty() || std::exchange(under_way_.front().planned, true)) {
    return nullptr;
  }
  return &under_way_.front();
}

raft::Effects Disk::make_first_durable() {
  raft::Effects effects = std::move(under_way_.front().effects);
  under_way_.front().effects = {};  // nothing of it is left to write
  if (effects.hard_state) {
    durable_.hard_state = *effects.hard_state;
  }
  write_entries(effects.entries, effects.entries.size());
  return effects;
}

void Disk::finish_first() {
  under_way_.pop_front();
}

// The first entry says where the stored log is cut.
void Disk::write_entries(const std::vector<raft::Entry>& entries, std::size_t count) {
  if (entries.empty()) {
    return;
  }
  durable_.entries.resize(std::min(durable_.entries.size(), entries.front().index - 1));
  durable_.entries.insert(durable_.entries.end(), entries.begin(),
                          entries.begin() + static_cast<std::ptrdiff_t>(count));
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

bool Disk::crash(Dice& dice) {
  bool torn = false;
  while (!under_way_.empty() && !torn && dice.chance(500)) {
    const raft::Effects& effects = under_way_.front().effects;
    if (effects.hard_state) {
      durable_.hard_state = *effects.hard_state;
    }
    const std::size_t kept = dice.below(effects.entries.size() + 1);
    write_entries(effects.entries, kept);
    torn = kept < effects.entries.size();
    under_way_.pop_front();
  }
  under_way_.clear();
  return torn;
}

}  // namespace raftd::simulation
