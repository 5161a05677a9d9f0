// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), by the processor's instruction where it has one.  Pure.

#pragma once

#include <cstdint>
#include <string_view>

namespace ordeal::checker {

// Goes on from the checksum of what stands before; 0 at the begin.
std::uint32_t crc32c(std::uint32_t before, std::string_view bytes);

// The same by a table, for processors without the instruction.
std::uint32_t crc32c_by_table(std::uint32_t before, std::string_view bytes);

}  // namespace ordeal::checker
