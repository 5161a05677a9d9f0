// All chance of one simulation: one engine, one seed, the same draws on every machine. One thread at a time.

#pragma once

#include <cstdint>
#include <random>

namespace raftd::simulation {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  // In [0, n).
  std::uint64_t below(std::uint64_t n) { return ((engine_() >> 32) * n) >> 32; }

  // In [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }

  bool chance(std::uint64_t per_mille) { return below(1000) < per_mille; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace raftd::simulation
