// The clock functions that a vDSO exports: the library that the kernel maps into every program. Pure; any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ordeal::nemesis {

struct VdsoSymbol {
  std::string name;          // "__vdso_clock_gettime"
  std::size_t value_at = 0;  // where in the image the symbol's value stands, 8 bytes
  std::uint64_t value = 0;   // an address relative to where the image lies
  bool operator==(const VdsoSymbol&) const = default;
};

// All functions that `image`, a vDSO as it lies in memory, exports. Throws std::runtime_error when it is no 64-bit one,
// or cannot be understood.
std::vector<VdsoSymbol> vdso_symbols(std::span<const std::byte> image);

}  // namespace ordeal::nemesis
