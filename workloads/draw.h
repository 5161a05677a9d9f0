// One number of a generator's stream. Pure.

#pragma once

#include <cstdint>
#include <random>

namespace ordeal::workloads {

// Uniform in [0, bound), by multiply-shift, since the distributions of <random> differ between standard libraries.
inline std::uint64_t below(std::mt19937_64& engine, std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((Wide{engine()} * bound) >> 64);
}

}  // namespace ordeal::workloads
