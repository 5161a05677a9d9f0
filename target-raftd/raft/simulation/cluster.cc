#include "target-raftd/raft/simulation/cluster.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "target-raftd/raft/simulation/require.h"

namespace raftd::simulation {

using raft::NodeId;

namespace {

raft::Configuration bootstrap_of(const Options& options) {
  raft::Configuration configuration;
  for (NodeId id = 1; id <= options.servers + options.learners; ++id) {
    configuration.members[id] = raft::Member{.voter = id <= options.servers};
  }
  return configuration;
}

// Commands are opaque bytes.
std::string printable(std::string line) {
  std::ranges::replace_if(
      line, [](char c) { return c < ' ' || c > '~'; }, '.');
  return line;
}

}  // namespace

Cluster::Cluster(const Options& options, Trace trace)
    : world_{.options = options,
             .dice = Dice(options.seed),
             .timeline = {},
             .statistics = {},
             .trace = std::move(trace)},
      network_(world_, [this](NodeId to, const raft::Envelope& from) { machines_.at(to).receive(from); }),
      invariants_(world_.statistics, bootstrap_of(options)),
      machines_(world_, network_, invariants_),
      faults_(world_, network_, machines_),
      operator_(world_, invariants_, machines_) {
  if (world_.trace) {
    world_.trace = [this, inner = std::move(world_.trace)](const std::string& line) {
      inner(fmt::format("{:>6}.{:03} {}", world_.timeline.now() / tick_length, world_.timeline.now() % tick_length,
                        printable(line)));
    };
  }
  for (std::uint64_t i = 0; i < options.servers + options.learners; ++i) {
    machines_.add(bootstrap_of(options));
  }
  for (std::uint64_t number = 1; number <= options.clients; ++number) {
    clients_.emplace_back(world_, invariants_, machines_, number);
  }
}

void Cluster::run_until(Time end) {
  while (world_.timeline.now() < end) {
    world_.timeline.advance();
    ++world_.statistics.events;
  }
}

void Cluster::run_for_election_timeouts(std::uint64_t count) {
  run_until(world_.timeline.now() + count * static_cast<Time>(world_.options.election_timeout_ticks) * tick_length);
}

// Long enough for a late election, a few split votes and the way back of a long log in small batches.
void Cluster::require_within_bound(const std::function<bool()>& reached, const char* what) {
  const Time end = world_.timeline.now() + 60 * static_cast<Time>(world_.options.election_timeout_ticks) * tick_length;
  while (!reached()) {
    require(world_.timeline.now() <= end, "Progress", "{}, within the bound", what);
    run_until(world_.timeline.now() + tick_length);
  }
}

void Cluster::run_with_faults() {
  for (Machine& machine : machines_.all()) {
    machine.start();
  }
  for (Client& client : clients_) {
    client.start();
  }
  faults_.start();
  operator_.start();
  run_until(world_.options.duration);
}

// Drawn, from those whose disks are not lost: just enough servers to be a majority of every configuration in play.
std::vector<Machine*> Cluster::connected_majority() {
  const auto in_play = machines_.configurations_in_play();
  std::vector<Machine*> candidates;
  for (Machine& machine : machines_.all()) {
    if (!machine.lost()) {
      candidates.push_back(&machine);
    }
  }
  std::vector<Machine*> majority;
  const auto enough = [&] {
    return std::ranges::all_of(in_play, [&](const auto& configuration) {
      const auto inside = std::ranges::count_if(
          majority, [&](const Machine* machine) { return configuration.is_voter(machine->id()); });
      return 2 * static_cast<std::size_t>(inside) > configuration.voters();
    });
  };
  while (!enough() && !candidates.empty()) {
    const auto at = candidates.begin() + static_cast<std::ptrdiff_t>(world_.dice.below(candidates.size()));
    majority.push_back(*at);
    candidates.erase(at);
  }
  return enough() ? majority : std::vector<Machine*>();
}

// The others are down, or cut off, or hear and reach some servers and not others.
void Cluster::make_quiet_topology(const std::vector<Machine*>& majority) {
  const auto inside = [&](const Machine& machine) { return std::ranges::find(majority, &machine) != majority.end(); };
  enum class Others { down, cut_off, bridged };
  const auto others = static_cast<Others>(world_.dice.below(3));
  Faults::Links links;
  for (Machine& from : machines_.all()) {
    if (others == Others::down && !inside(from) && from.up()) {
      from.crash();
    }
    for (const Machine& to : machines_.all()) {
      const bool between = (!inside(from) || !inside(to)) && from.id() != to.id();
      if (between && (others == Others::cut_off || (others == Others::bridged && world_.dice.chance(600)))) {
        links.emplace_back(from.id(), to.id());
      }
    }
  }
  faults_.cut(links);
}

// With PreVote and CheckQuorum a connected majority has a leader before long and keeps one, whatever the others say.
void Cluster::require_progress_in_quiet_topology() {
  operator_.stop();
  if (!world_.options.quiet_topology || !world_.options.pre_vote || !world_.options.check_quorum) {
    return;
  }
  const std::vector<Machine*> majority = connected_majority();
  if (majority.empty()) {
    return;
  }
  ++world_.statistics.quiet_topologies;
  faults_.stop();
  make_quiet_topology(majority);
  for (int i = 0; i < 3; ++i) {
    require_within_bound([this, before = invariants_.committed()] { return invariants_.committed() >= before + 2; },
                         "a majority is connected, but commits nothing");
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

void Cluster::heal_and_require_progress() {
  faults_.stop();
  // Without these two, a removed server that was not told would stand for election for ever.
  if (!world_.options.pre_vote || !world_.options.check_quorum) {
    for (Machine& machine : machines_.all()) {
      if (invariants_.committed_configuration().retired.contains(machine.id()) && machine.up()) {
        machine.crash();
      }
    }
  }
  std::vector<std::uint64_t> before;
  for (const Client& client : clients_) {
    before.push_back(client.completed());
  }
  require_within_bound([&] { return clients_got_on(before); }, "all is healed, but a client is not served");
}

// The one that leads all members that are up.
Machine* Cluster::undisputed_leader() {
  const std::vector<Machine*> leaders = machines_.leaders();
  if (leaders.size() != 1) {
    return nullptr;
  }
  const raft::Status leading = leaders.front()->status();
  const bool undisputed = std::ranges::all_of(machines_.in_service(), [&](const Machine* machine) {
    const raft::Status status = machine->status();
    return status.term == leading.term && status.leader == leading.id;
  });
  return undisputed ? leaders.front() : nullptr;
}

// A server that was cut off and comes back does not depose a healthy leader (PreVote), nor do those that were removed.
void Cluster::require_calm_rejoining() {
  if (!world_.options.pre_vote || !world_.options.check_quorum) {
    return;
  }
  network_.forget_all();  // an old TimeoutNow would be a good reason for an election
  run_for_election_timeouts(1);
  Machine* leader = nullptr;
  require_within_bound([&] { return (leader = undisputed_leader()) != nullptr; },
                       "all is healed, but nobody leads all");
  const raft::Term term = leader->status().term;
  std::vector<Machine*> others = machines_.in_service();
  std::erase(others, leader);
  if (!others.empty()) {
    Machine& other = *others[world_.dice.below(others.size())];
    if (machines_.survives(invariants_.committed_configuration(), other.id())) {
      ++world_.statistics.rejoins;
      const std::uint64_t direction = world_.dice.below(3);  // both, in, out
      Faults::Links links;
      for (const Machine& machine : machines_.all()) {
        if (direction != 2) {
          links.emplace_back(machine.id(), other.id());
        }
        if (direction != 1) {
          links.emplace_back(other.id(), machine.id());
        }
      }
      faults_.cut(links);
    }
  }
  run_for_election_timeouts(world_.dice.between(1, 6));
  network_.heal();
  run_for_election_timeouts(4);
  require(undisputed_leader() == leader && leader->status().term == term, "Calm Rejoining",
          "server {} led term {}; then a server was cut off and came back, and now it does not any more", leader->id(),
          term);
}

bool Cluster::all_agree() {
  return std::ranges::all_of(machines_.in_service(), [this](const Machine* machine) {
    return machine->up() && machine->applied() == invariants_.committed() &&
           machine->status().last_log.index == invariants_.committed();
  });
}

void Cluster::require_agreement() {
  for (Client& client : clients_) {
    client.stop();
  }
  require_within_bound([this] { return all_agree(); }, "all is healed, but a server does not catch up");
}

}  // namespace raftd::simulation
