#include "target-raftd/raft/simulation/options.h"

#include <fmt/core.h>

#include <array>

#include "target-raftd/raft/simulation/dice.h"

namespace raftd::simulation {
namespace {

constexpr Time ticks(std::uint64_t count) {
  return count * tick_length;
}

template <typename Value, std::size_t Size>
Value one_of(Dice& dice, const std::array<Value, Size>& values) {
  return values[dice.below(Size)];
}

using PerMille = std::uint64_t;

void draw_protocol(Options& o, Dice& dice) {
  o.heartbeat_ticks = static_cast<int>(dice.between(1, 2));
  // Long enough for healthy servers not to suspect a healthy leader.
  o.election_timeout_ticks = 2 * o.heartbeat_ticks + 1 + static_cast<int>(dice.below(7));
  o.max_batch_bytes = one_of(dice, std::array<std::size_t, 4>{1, 64, 200, 1 << 20});
  o.max_inflight = one_of(dice, std::array<int, 4>{1, 2, 4, 16});
  o.pre_vote = dice.chance(800);
  o.check_quorum = dice.chance(800);
  o.lease = o.check_quorum && dice.chance(700);
  o.drift = one_of(dice, std::array<PerMille, 3>{0, 50, 200});
  o.snapshot_every = one_of(dice, std::array<std::uint64_t, 4>{0, 4, 15, 50});
  o.snapshot_tail = one_of(dice, std::array<std::uint64_t, 3>{0, 3, 20});
  o.snapshot_chunk_bytes = one_of(dice, std::array<std::size_t, 3>{100, 300, 1 << 20});
  o.promotion_lag = one_of(dice, std::array<std::uint64_t, 3>{2, 20, 1000});
}

void draw_faults(Options& o, Dice& dice) {
  o.delay = dice.between(1, tick_length);
  o.lost = one_of(dice, std::array<PerMille, 5>{0, 0, 20, 100, 300});
  o.late = one_of(dice, std::array<PerMille, 4>{0, 20, 100, 300});
  o.repeated = one_of(dice, std::array<PerMille, 4>{0, 20, 100, 300});
  o.kept = one_of(dice, std::array<PerMille, 3>{0, 100, 400});
  o.disk = one_of(dice, std::array<Time, 4>{1, tick_length / 2, tick_length, 4 * tick_length});
  o.snapshot_time = one_of(dice, std::array<Time, 3>{1, ticks(1), ticks(8)});
  o.joined_inputs = one_of(dice, std::array<PerMille, 3>{0, 200, 700});
  o.apply = one_of(dice, std::array<Time, 4>{0, 0, tick_length, 5 * tick_length});
  o.after_disk = one_of(dice, std::array<PerMille, 3>{0, 500, 1000});
  o.crash_every = one_of(dice, std::array<Time, 5>{0, ticks(8), ticks(15), ticks(30), ticks(80)});
  o.partition_every = one_of(dice, std::array<Time, 5>{0, ticks(10), ticks(20), ticks(40), ticks(80)});
  o.pause_every = one_of(dice, std::array<Time, 4>{0, 0, ticks(20), ticks(40)});
  o.usurp_every = one_of(dice, std::array<Time, 3>{0, 0, ticks(25)});
  o.disk_fault_every = one_of(dice, std::array<Time, 3>{0, 0, ticks(40)});
  o.disk_loss_every = one_of(dice, std::array<Time, 3>{0, 0, ticks(100)});
  o.aim_at_leader = one_of(dice, std::array<PerMille, 3>{0, 500, 900});
  o.change_every = one_of(dice, std::array<Time, 4>{0, ticks(8), ticks(20), ticks(60)});
  o.transfer_every = one_of(dice, std::array<Time, 4>{0, 0, ticks(15), ticks(50)});
  o.quiet_topology = dice.chance(400);
}

}  // namespace

Options draw_options(std::uint64_t seed) {
  // Not the engine of the run itself, so that a new option does not change what happens under the others.
  Dice dice(seed ^ 0x6f7074696f6e73);
  Options o;
  o.seed = seed;
  o.servers = one_of(dice, std::array<std::uint64_t, 10>{1, 2, 3, 3, 3, 3, 4, 5, 5, 7});
  o.learners = one_of(dice, std::array<std::uint64_t, 6>{0, 0, 0, 0, 1, 2});
  o.clients = dice.between(1, 6);
  o.duration = ticks(dice.between(100, 300));
  draw_protocol(o, dice);
  draw_faults(o, dice);
  o.reads = one_of(dice, std::array<PerMille, 3>{100, 400, 700});
  o.lease_reads = one_of(dice, std::array<PerMille, 3>{0, 500, 1000});
  o.answers_lost = one_of(dice, std::array<PerMille, 3>{0, 50, 200});
  return o;
}

std::string describe(const Options& o) {
  std::string text = fmt::format(
      "seed {}: {} voters, {} learners, {} clients, {} ticks; heartbeat {}, election timeout {}, pre-vote {}, check "
      "quorum {}, lease {}, drift {}; batch {} bytes, {} in flight; snapshot every {}, tail {}, chunk {}, time {}, "
      "promotion lag {}; ",
      o.seed, o.servers, o.learners, o.clients, o.duration / tick_length, o.heartbeat_ticks, o.election_timeout_ticks,
      o.pre_vote, o.check_quorum, o.lease, o.drift, o.max_batch_bytes, o.max_inflight, o.snapshot_every,
      o.snapshot_tail, o.snapshot_chunk_bytes, o.snapshot_time, o.promotion_lag);
  return text + fmt::format(
                    "delay {}, lost {}, late {}, repeated {}, kept {}; disk {}, joined inputs {}, apply {}, after disk "
                    "{}; every: crash {}, partition {}, pause {}, usurp {}, disk fault {}, disk loss {}, change {}, "
                    "transfer {}; "
                    "aimed at the leader {}, quiet topology {}; reads {}, by lease {}, answers lost {}",
                    o.delay, o.lost, o.late, o.repeated, o.kept, o.disk, o.joined_inputs, o.apply, o.after_disk,
                    o.crash_every, o.partition_every, o.pause_every, o.usurp_every, o.disk_fault_every,
                    o.disk_loss_every, o.change_every, o.transfer_every, o.aim_at_leader, o.quiet_topology, o.reads,
                    o.lease_reads, o.answers_lost);
}

}  // namespace raftd::simulation
