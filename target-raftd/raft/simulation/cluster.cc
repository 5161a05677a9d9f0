#include "target-raftd/raft/simulation/cluster.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace raftd::simulation {

using raft::NodeId;

Cluster::Cluster(const Options& options, Trace trace)
    : world_{.options = options,
             .dice = Dice(options.seed),
             .timeline = {},
             .statistics = {},
             .trace = std::move(trace)},
      network_(world_, [this](NodeId to, const raft::Envelope& from) { machines_[to - 1].receive(from); }),
      invariants_(world_.statistics) {
  if (world_.trace) {
    world_.trace = [this, inner = std::move(world_.trace)](const std::string& line) {
      inner(fmt::format("{:>6}.{:02} {}", world_.timeline.now() / tick_length, world_.timeline.now() % tick_length,
                        line));
    };
  }
  machines_.reserve(options.servers);  // they hold on to their place
  for (NodeId id = 1; id <= options.servers; ++id) {
    machines_.emplace_back(world_, network_, invariants_, id);
    invariants_.watch(id, machines_.back().disk().durable());
  }
  clients_.reserve(options.clients);
  for (std::uint64_t number = 1; number <= options.clients; ++number) {
    clients_.emplace_back(world_, invariants_, machines_, number);
  }
}

void Cluster::note(const std::string& line) {
  if (world_.trace) {
    world_.trace(line);
  }
}

void Cluster::run_until(Time end) {
  while (world_.timeline.now() < end) {
    world_.timeline.advance();
    ++world_.statistics.events;
  }
}

void Cluster::run_with_faults() {
  for (Machine& machine : machines_) {
    machine.start();
  }
  for (Client& client : clients_) {
    client.start();
  }
  every(world_.options.crash_every, &Cluster::crash_some);
  every(world_.options.partition_every, &Cluster::partition);
  every(world_.options.pause_every, &Cluster::pause_one);
  run_until(world_.options.duration);
}

void Cluster::every(Time mean, void (Cluster::*fault)()) {
  if (mean == 0) {
    return;
  }
  world_.timeline.after(world_.dice.between(1, 2 * mean), [this, mean, fault] {
    if (faults_) {
      (this->*fault)();
      every(mean, fault);
    }
  });
}

NodeId Cluster::victim() {
  const auto leader = std::ranges::find_if(machines_, &Machine::leads);
  if (leader != machines_.end() && world_.dice.chance(world_.options.aim_at_leader)) {
    return static_cast<NodeId>(leader - machines_.begin()) + 1;
  }
  return world_.dice.between(1, machines_.size());
}

// From nearly nothing to three.
Time Cluster::some_election_timeouts() {
  return world_.dice.between(1, 3 * static_cast<Time>(world_.options.election_timeout_ticks) * tick_length);
}

void Cluster::crash_some() {
  if (world_.dice.chance(100)) {
    for (NodeId id = 1; id <= machines_.size(); ++id) {
      crash(id);
    }
  } else {
    crash(victim());
  }
}

void Cluster::crash(NodeId id) {
  Machine& machine = machines_[id - 1];
  if (!machine.up()) {
    return;
  }
  ++world_.statistics.crashes;
  note(fmt::format("{} crashes", id));
  machine.crash();
  world_.timeline.after(some_election_timeouts(), [this, id, &machine] {
    if (!machine.up()) {
      note(fmt::format("{} starts", id));
      machine.start();
    }
  });
}

// One server or a random half is cut off, in both directions or in one; or random links are cut one way.
void Cluster::partition() {
  ++world_.statistics.partitions;
  network_.heal();
  std::vector<bool> inside(machines_.size());
  const std::uint64_t kind = world_.dice.below(4);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    inside[i] = world_.dice.chance(500);
  }
  if (kind < 2) {
    std::fill(inside.begin(), inside.end(), false);
    inside[victim() - 1] = true;
  }
  const std::uint64_t direction = world_.dice.below(4);  // both, both, out, in
  std::string links;
  for (NodeId from = 1; from <= machines_.size(); ++from) {
    for (NodeId to = 1; to <= machines_.size(); ++to) {
      const bool crosses = inside[from - 1] != inside[to - 1];
      const bool this_way = direction < 2 || inside[from - 1] == (direction == 2);
      const bool cut = kind == 3 ? world_.dice.chance(400) : crosses && this_way;
      if (cut && from != to) {
        network_.cut(from, to);
        links += fmt::format(" {}->{}", from, to);
      }
    }
  }
  note("partition:" + links);
  world_.timeline.after(some_election_timeouts(), [this, which = ++partitions_] {
    if (which == partitions_) {
      note("partition heals");
      network_.heal();
    }
  });
}

void Cluster::pause_one() {
  const NodeId id = victim();
  ++world_.statistics.pauses;
  note(fmt::format("{} pauses", id));
  machines_[id - 1].pause(some_election_timeouts());
}

void Cluster::stop_faults() {
  note("everything heals");
  faults_ = false;
  network_.heal();
  world_.options.lost = world_.options.late = world_.options.repeated = world_.options.answers_lost = 0;
  world_.options.delay = std::min<Time>(world_.options.delay, tick_length / 4);
  world_.options.disk = std::min<Time>(world_.options.disk, tick_length / 4);
  for (Machine& machine : machines_) {
    machine.pause(0);
    if (!machine.up()) {
      machine.start();
    }
  }
}

bool Cluster::clients_got_on(const std::vector<std::uint64_t>& before) const {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i].completed() < before[i] + 3) {
      return false;
    }
  }
  return true;
}

bool Cluster::all_agree() const {
  return std::ranges::all_of(machines_, [this](const Machine& machine) {
    return machine.applied() == invariants_.committed() && machine.status().last_log.index == invariants_.committed();
  });
}

void Cluster::heal_and_require_progress() {
  stop_faults();
  // Long enough for a late election, a few split votes and the way back of a long log in small batches.
  const Time patience = 60 * static_cast<Time>(world_.options.election_timeout_ticks) * tick_length;
  std::vector<std::uint64_t> before;
  for (const Client& client : clients_) {
    before.push_back(client.completed());
  }
  Time end = world_.timeline.now() + patience;
  while (!clients_got_on(before)) {
    if (world_.timeline.now() > end) {
      throw Violation("Progress: all is healed, but a client was not served within the bound");
    }
    run_until(world_.timeline.now() + tick_length);
  }
  for (Client& client : clients_) {
    client.stop();
  }
  end = world_.timeline.now() + patience;
  while (!all_agree()) {
    if (world_.timeline.now() > end) {
      throw Violation("Progress: all is healed, but a server did not catch up within the bound");
    }
    run_until(world_.timeline.now() + tick_length);
  }
}

}  // namespace raftd::simulation
