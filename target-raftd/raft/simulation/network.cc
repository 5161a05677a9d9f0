#include "target-raftd/raft/simulation/network.h"

#include <fmt/core.h>

#include "target-raftd/raft/describe.h"

namespace raftd::simulation {

void Network::send(raft::NodeId from, const raft::Envelope& envelope) {
  ++world_.statistics.messages;
  keep(from, envelope);
  if (cut_.contains({from, envelope.peer})) {
    ++world_.statistics.cut_off;
    return;
  }
  if (world_.dice.chance(world_.options.lost)) {
    ++world_.statistics.lost;
    return;
  }
  carry(from, envelope);
  if (world_.dice.chance(world_.options.repeated)) {
    ++world_.statistics.repeated;
    carry(from, envelope);
  }
}

// The rarer a kind of message is, the more often it is kept.
void Network::keep(raft::NodeId from, const raft::Envelope& envelope) {
  constexpr std::size_t most = 12;
  if (world_.options.kept == 0) {
    return;
  }
  const auto* acknowledgement = std::get_if<raft::AppendEntriesReply>(&envelope.message);
  const bool common = std::holds_alternative<raft::AppendEntries>(envelope.message) ||
                      (acknowledgement != nullptr && !acknowledgement->success);
  if (!world_.dice.chance(common ? world_.options.kept / 4 : world_.options.kept)) {
    return;
  }
  std::deque<raft::Envelope>& kept = kept_[envelope.peer];
  kept.push_back({from, envelope.message});
  if (kept.size() > most) {
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(world_.dice.below(kept.size())));
  }
}

void Network::remind(raft::NodeId to) {
  const auto kept = kept_.find(to);
  if (kept == kept_.end()) {
    return;
  }
  for (const raft::Envelope& message : kept->second) {
    if (world_.dice.chance(500)) {
      ++world_.statistics.reminders;
      // At once, or when its receiver has had time to forget what it was about.
      const Time within = world_.dice.chance(500) ? 1 : 4 * static_cast<Time>(world_.options.election_timeout_ticks);
      world_.timeline.after(world_.dice.below(within * tick_length), [this, to, message, sent = reminders_forgotten_] {
        if (sent == reminders_forgotten_) {
          carry(message.peer, {to, message.message});
        }
      });
    }
  }
}

void Network::carry(raft::NodeId from, const raft::Envelope& envelope) {
  Time delay = world_.dice.between(1, world_.options.delay);
  if (world_.dice.chance(world_.options.late)) {
    ++world_.statistics.late;
    delay *= world_.dice.between(2, 50);
  }
  world_.timeline.after(delay, [this, from, to = envelope.peer, message = envelope.message, sent = forgotten_] {
    if (sent != forgotten_) {
      return;
    }
    if (world_.trace) {
      world_.trace(fmt::format("{} -> {} {}", from, to, raft::describe(message)));
    }
    deliver_(to, {from, message});
  });
}

}  // namespace raftd::simulation
