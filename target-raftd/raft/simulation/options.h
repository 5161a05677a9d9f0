// What one simulation is made of. Drawn from its seed, so that every seed tests another mixture ("swarm testing": a
// fault that is switched off in some runs lets them reach states that it would otherwise mask). Plain values.

#pragma once

#include <cstdint>
#include <string>

namespace raftd::simulation {

// Simulated time. A server's clock ticks about every `tick_length` units.
using Time = std::uint64_t;
inline constexpr Time tick_length = 1000;

struct Options {
  std::uint64_t seed = 0;
  std::uint64_t servers = 3;   // voters to begin with
  std::uint64_t learners = 0;  // likewise
  std::uint64_t clients = 3;
  Time duration = 0;  // of the phase with faults

  int heartbeat_ticks = 1;
  int election_timeout_ticks = 10;
  std::size_t max_batch_bytes = 0;
  int max_inflight = 0;
  bool pre_vote = true;
  bool check_quorum = true;
  bool lease = false;       // as long as the drift allows; only with check_quorum
  std::uint64_t drift = 0;  // of 1000: by how much a clock is too fast or too slow, at most

  std::uint64_t snapshot_every = 0;  // entries; 0: never
  std::uint64_t snapshot_tail = 0;   // entries that stay in the log behind a snapshot
  std::size_t snapshot_chunk_bytes = 0;
  Time snapshot_time = 0;  // to write one, at most
  std::uint64_t promotion_lag = 0;

  Time delay = 0;                   // of an ordinary message, at most
  std::uint64_t lost = 0;           // messages of 1000
  std::uint64_t late = 0;           // messages of 1000 that take up to 50 times as long, and so overtake each other
  std::uint64_t repeated = 0;       // messages of 1000 that arrive twice
  std::uint64_t kept = 0;           // messages of 1000 that arrive again when their receiver has won an election
  Time disk = 0;                    // of one batch, at most
  std::uint64_t joined_inputs = 0;  // of 1000 inputs whose effects are taken later, together with those of others
  Time apply = 0;                   // until committed entries are applied and reads are answered, at most
  std::uint64_t after_disk = 0;     // of 1000 batches whose committed entries wait for this server's own disk

  // Mean time between faults of each kind; 0: never.
  Time crash_every = 0;
  Time partition_every = 0;
  Time pause_every = 0;
  Time usurp_every = 0;  // a leader is cut off while another server is about to take its place
  Time disk_fault_every = 0;
  Time disk_loss_every = 0;         // a disk is gone for ever
  std::uint64_t aim_at_leader = 0;  // of 1000 faults

  // Mean time between what an operator asks for; 0: never.
  Time change_every = 0;
  Time transfer_every = 0;

  bool quiet_topology = false;  // then a lasting partition in which some majority is connected

  std::uint64_t reads = 0;         // of 1000 operations of a client
  std::uint64_t lease_reads = 0;   // of 1000 reads
  std::uint64_t answers_lost = 0;  // of 1000 answers to clients, which then retry
  int patience_doublings = 5;      // of a client whose attempts are in vain
};

Options draw_options(std::uint64_t seed);
std::string describe(const Options& options);

}  // namespace raftd::simulation
