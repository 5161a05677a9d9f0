// The monotonic clock of one machine, and its ticks: too fast or too slow by a constant, at most as Options::drift
// says. A paused machine does not tick, but its clock goes on. One thread at a time.

#pragma once

#include "target-raftd/raft/raft.h"
#include "target-raftd/raft/simulation/world.h"

namespace raftd::simulation {

class Clock {
 public:
  explicit Clock(World& world) : world_(world) {}

  // Another start of the machine. Half of the clocks are at the bound, where leases are in the greatest danger.
  void restart() {
    const std::uint64_t drift = world_.options.drift;
    const bool extreme = world_.dice.chance(500);
    rate_ = 1000 - drift + (extreme ? 2 * drift * world_.dice.below(2) : world_.dice.below(2 * drift + 1));
    zero_ = world_.dice.below(1'000'000'000);
  }

  // One unit of true time is a microsecond.
  raft::Time now() const { return raft::Time(zero_ + world_.timeline.now() * rate_); }

  // A machine is never early, by its own clock, and sometimes late.
  Time until_next_tick() const {
    return (tick_length * 1000 + rate_ - 1) / rate_ + world_.dice.below(tick_length / 8 + 1);
  }

  // As long as leases may be: shorter than the shortest election timeout of the fastest follower on the clock of the
  // slowest leader (raft::Config::lease).
  static raft::Time lease(const Options& options) {
    if (!options.lease) {
      return raft::Time(0);
    }
    const auto ticks = static_cast<std::uint64_t>(options.election_timeout_ticks) - 1;
    return raft::Time(ticks * tick_length * 1000 * (1000 - options.drift) / (1000 + options.drift));
  }

 private:
  World& world_;
  std::uint64_t rate_ = 1000;
  std::uint64_t zero_ = 0;
};

}  // namespace raftd::simulation
