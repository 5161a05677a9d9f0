// What one simulation is made of. Drawn from its seed, so that every seed tests another mixture ("swarm testing": a
// fault that is switched off in some runs lets them reach states that it would otherwise mask). Plain values.

#pragma once

#include <cstdint>
#include <string>

namespace raftd::simulation {

// Simulated time. A server's clock ticks about every `tick_length` units.
using Time = std::uint64_t;
inline constexpr Time tick_length = 20;

struct Options {
  std::uint64_t seed = 0;
  std::uint64_t servers = 3;
  std::uint64_t clients = 3;
  Time duration = 0;  // of the phase with faults

  int heartbeat_ticks = 1;
  int election_timeout_ticks = 10;
  std::size_t max_batch_bytes = 0;
  int max_inflight = 0;

  Time delay = 0;                   // of an ordinary message, at most
  std::uint64_t lost = 0;           // messages of 1000
  std::uint64_t late = 0;           // messages of 1000 that take up to 50 times as long, and so overtake each other
  std::uint64_t repeated = 0;       // messages of 1000 that arrive twice
  Time disk = 0;                    // of one batch, at most
  std::uint64_t joined_inputs = 0;  // of 1000 inputs whose effects are taken later, together with those of others

  // Mean time between faults of each kind; 0: never.
  Time crash_every = 0;
  Time partition_every = 0;
  Time pause_every = 0;
  std::uint64_t aim_at_leader = 0;  // of 1000 faults

  std::uint64_t reads = 0;         // of 1000 operations of a client
  std::uint64_t answers_lost = 0;  // of 1000 answers to clients, which then retry
};

Options draw_options(std::uint64_t seed);
std::string describe(const Options& options);

}  // namespace raftd::simulation
