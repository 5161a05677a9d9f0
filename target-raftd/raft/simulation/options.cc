#include "target-raftd/raft/simulation/options.h"

#include <fmt/core.h>

#include <array>

#include "target-raftd/raft/simulation/dice.h"

namespace raftd::simulation {

Options draw_options(std::uint64_t seed) {
  // Not the engine of the run itself, so that a new option does not change what happens under the others.
  Dice dice(seed ^ 0x6f7074696f6e73);
  const auto one_of = [&dice](const auto& values) { return values[dice.below(values.size())]; };
  Options o;
  o.seed = seed;
  o.servers = one_of(std::array<std::uint64_t, 10>{1, 2, 3, 3, 3, 3, 4, 5, 5, 7});
  o.clients = dice.between(1, 8);
  o.duration = dice.between(100, 400) * tick_length;
  o.heartbeat_ticks = static_cast<int>(dice.between(1, 2));
  o.election_timeout_ticks = static_cast<int>(dice.between(3, 10));
  o.max_batch_bytes = one_of(std::array<std::size_t, 4>{1, 64, 200, 1 << 20});
  o.max_inflight = one_of(std::array<int, 4>{1, 2, 4, 16});
  o.delay = dice.between(1, tick_length);
  o.lost = one_of(std::array<std::uint64_t, 5>{0, 0, 20, 100, 300});
  o.late = one_of(std::array<std::uint64_t, 4>{0, 20, 100, 300});
  o.repeated = one_of(std::array<std::uint64_t, 4>{0, 20, 100, 300});
  o.disk = one_of(std::array<Time, 4>{1, tick_length / 2, tick_length, 4 * tick_length});
  o.joined_inputs = one_of(std::array<std::uint64_t, 3>{0, 200, 700});
  o.crash_every = one_of(std::array<Time, 5>{0, 8 * tick_length, 15 * tick_length, 30 * tick_length, 80 * tick_length});
  o.partition_every =
      one_of(std::array<Time, 5>{0, 10 * tick_length, 20 * tick_length, 40 * tick_length, 80 * tick_length});
  o.pause_every = one_of(std::array<Time, 3>{0, 0, 40 * tick_length});
  o.aim_at_leader = one_of(std::array<std::uint64_t, 3>{0, 500, 900});
  o.reads = one_of(std::array<std::uint64_t, 3>{100, 400, 700});
  o.answers_lost = one_of(std::array<std::uint64_t, 3>{0, 50, 200});
  return o;
}

std::string describe(const Options& o) {
  return fmt::format(
      "seed {}: {} servers, {} clients, {} ticks; heartbeat {}, election timeout {}; batch {} bytes, {} in flight; "
      "delay {}, lost {}, late {}, repeated {}; disk {}, joined inputs {}; crash every {}, partition every {}, "
      "pause every {}, aimed at the leader {}; reads {}, answers lost {}",
      o.seed, o.servers, o.clients, o.duration / tick_length, o.heartbeat_ticks, o.election_timeout_ticks,
      o.max_batch_bytes, o.max_inflight, o.delay, o.lost, o.late, o.repeated, o.disk, o.joined_inputs, o.crash_every,
      o.partition_every, o.pause_every, o.aim_at_leader, o.reads, o.answers_lost);
}

}  // namespace raftd::simulation
