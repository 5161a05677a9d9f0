// Bytes of a segment of the write-ahead log: its header, its records, the search behind a damaged one, and the items of
// a record. To get behind the checksums, the input is also taken as the payload of a record.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "target-raftd/storage/format.h"
#include "target-raftd/storage/identity.h"

using namespace raftd::storage;

namespace {

// What a log holds after any payload that was accepted.
void expect_contiguous(const LogState& state) {
  for (std::size_t i = 0; i < state.entries.size(); ++i) {
    if (state.entries[i].index != state.base.index + 1 + i) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  LogState state;
  if (replay(bytes, state)) expect_contiguous(state);
  decode_identity(bytes);
  const auto header = decode_segment_header(bytes);
  if (!header) {
    find_later_record(bytes, 0, 0);
    return 0;
  }
  if (encode(*header) != bytes.substr(0, segment_header_size)) __builtin_trap();
  state = {.hard_state = header->hard_state, .base = header->base, .entries = {}};
  std::string_view rest = bytes.substr(segment_header_size);
  std::uint64_t sequence = header->first_sequence;
  while (const auto record = decode_record(rest, header->salt)) {
    if (!replay(record->payload, state)) break;
    expect_contiguous(state);
    rest.remove_prefix(record_header_size + record->payload.size());
    ++sequence;
  }
  find_later_record(rest, header->salt, sequence);
  return 0;
}
