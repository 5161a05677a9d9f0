// The binary twin of our JSON Lines: the same events, nothing lost, about a tenth of the size, and read without
// scanning.  Byte by byte (numbers little-endian; a varint is 7 bits a byte, lowest first, the high bit says that
// another follows; "signed" is zigzag: 0, -1, 1, -2... as 0, 1, 2, 3...; differences wrap at 2^64):
//
//   file     89 4f 52 44 48 0d 0a 01   magic: 0x89 "ORDH" CR LF, and the version, 1
//            flags (1 byte)            bit 0: a read of nil says nothing (HistoryFile::nil_reads_say_nothing)
//            blocks, of which the last is the end mark
//   block    u32 size of the records, u32 size of the times, u32 number of events,
//            u32 CRC-32C of these twelve bytes and of all that follows:
//            the records, then the times: for each event the signed varint of its distance from the time before, at
//            first from 0. A check for a verdict never looks at them.
//   end mark a block whose sizes and number are zero. A file without one was cut.
//   record   varint 0: a definition; n: an event of the shape n - 1
//   event    varint slot; then what its shape asks for: [signed varint index - (index before + 1); at first from 0]
//            [varint number of the key's name] [the value by the shape's form]
//   forms    0 nil  1 signed varint  2 the value of the slot's last event  3 list of two signed varints
//            4 varint number of a value  5 a value
//   value    0 nil  1 false  2 true  3 signed varint  4 double, 8 bytes  5 size and bytes of a string
//            6 number of items, and items of a list  7 number of fields, and of each the size and bytes of its name
//            and the value
//   definitions, each of the next number from 0 unless it says otherwise
//            1 name: size and bytes. Name 0 is "", and not defined.   2 value, for form 4
//            3 varint slot, signed varint process: who is in the slot from now on; at most the next free slot
//            4 shape: byte (bits 0-1 type, bit 2: an index is given, bit 3: f, key and node are those of the slot's
//              last event, bit 4: a key is given), byte form, varints name of f, name of node, name of error
//
// A completion mostly is two or three bytes that way: shape "ok, as called", slot, value.
//
// Definitions stay for the rest of the file. So a block can be read only after those before it.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ordeal::checker::binary {

inline constexpr std::string_view magic = "\x89ORDH\r\n\x01";
inline constexpr std::size_t file_header_size = 9, block_header_size = 16;
inline constexpr std::uint64_t events_in_a_block = 1024;
inline constexpr std::size_t bytes_in_a_block = std::size_t{64} << 10;  // more only when one event is larger

enum class Form : std::uint8_t { nil, integer, same, pair, numbered, inline_value };
enum class Kind : std::uint8_t { nil, no, yes, integer, real, text, list, map };
enum class Definition : std::uint8_t { name = 1, value = 2, slot = 3, shape = 4 };
inline constexpr unsigned type_bits = 3, index_bit = 4, as_called_bit = 8, key_bit = 16;

inline constexpr int deepest_value = 200;  // what the readers of texts accept is less deep

constexpr std::uint64_t zigzag(std::int64_t number) {
  return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t number) {
  return static_cast<std::int64_t>(number >> 1 ^ (0 - (number & 1)));
}

}  // namespace ordeal::checker::binary
