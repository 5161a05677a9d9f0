// CRC-32C (Castagnoli) of bytes, by the processor's own instruction where it has one. Pure; any thread.

#pragma once

#include <cstdint>
#include <string_view>

namespace raftd::checksum {

// The CRC of some bytes and these together, if `before` is that of the bytes before them: so a long text may come in
// pieces.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

// The same by a table, for processors without the instruction.
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0);

}  // namespace raftd::checksum
