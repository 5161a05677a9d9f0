#include "target-raftd/raft/simulation/network.h"

#include <fmt/core.h>

#include "target-raftd/raft/describe.h"

namespace raftd::simulation {

void Network::send(raft::NodeId from, const raft::Envelope& envelope) {
  ++world_.statistics.messages;
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

void Network::carry(raft::NodeId from, const raft::Envelope& envelope) {
  Time delay = world_.dice.between(1, world_.options.delay);
  if (world_.dice.chance(world_.options.late)) {
    ++world_.statistics.late;
    delay *= world_.dice.between(2, 50);
  }
  world_.timeline.after(delay, [this, from, to = envelope.peer, message = envelope.message] {
    if (world_.trace) {
      world_.trace(fmt::format("{} -> {} {}", from, to, raft::describe(message)));
    }
    deliver_(to, {from, message});
  });
}

}  // namespace raftd::simulation
