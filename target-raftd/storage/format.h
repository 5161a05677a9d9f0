// The bytes of the write-ahead log. Pure functions; any thread.
//
// A log is a row of segments, DIR/wal-00000001.log and so on. All integers are little-endian.
//
//   segment := header record* zero*
//   header  := magic "RAFTDWAL" | version u32 = 2 | segment number u64 | node id u64 | salt u64 | first sequence u64
//            | term u64 | has vote u8 | voted for u64 | base term u64 | base index u64 | crc u32
//   record  := payload length u32 | sequence u64 | payload crc u32 | header crc u32 | payload
//   payload := item+
//   item    := 1 | term u64 | has vote u8 | voted for u64                       hard state
//            | 2 | term u64 | index u64 | kind u8 | length u32 | command        entry
//            | 3 | term u64 | index u64                                         reset
//
// A segment's header repeats the hard state and the position of the last entry before it, so that the segments before
// it can go as soon as a snapshot covers their entries.
//
// Items take effect in order. An entry at index i drops every entry with an index >= i before it is added: truncation
// needs no item of its own. A reset at a position drops all entries: the next one follows that position, which a
// snapshot holds. Sequence numbers count records from 1 over all segments.
//
// Every crc is a CRC-32C. Those of a record start with the segment's salt, a random number: a client that stores bytes
// that look like a record inside a value cannot confuse recovery.
//
// One record is all that one fdatasync makes durable, and the next record is written only afterwards. So a crash can
// damage the last record alone, in whatever way; recovery drops it then, and nobody has been promised what it held. If
// a record header with a later sequence number stands anywhere behind a damaged record, then that record had been
// durable: this is no torn write but a failing disk, and the log is refused rather than silently shortened. The header
// has its own crc, so that this search is cheap and sees headers whose payload is damaged as well.
//
//   ...[record 6][record 7: bad crc] end of file                    torn tail: 7 is dropped
//   ...[record 6][record 7: bad crc][record 8]                      refused: 7 was acknowledged before 8 was written

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "target-raftd/raft/effects.h"

namespace raftd::storage {

// What one batch of Effects wants on the disk, in this order.
struct Write {
  std::optional<raft::HardState> hard_state = {};
  std::optional<raft::LogPosition> reset = {};  // of an installed snapshot, which is durable already (snapshots.h)
  std::vector<raft::Entry> entries = {};
};

// What the records of a log add up to.
struct LogState {
  raft::HardState hard_state = {};
  raft::LogPosition base = {};            // of the entry before the first of `entries`
  std::vector<raft::Entry> entries = {};  // contiguous
  bool operator==(const LogState&) const = default;

  raft::LogPosition last() const;
};

struct SegmentHeader {
  std::uint32_t version = 2;
  std::uint64_t number = 1;
  raft::NodeId node = 0;
  std::uint64_t salt = 0;
  std::uint64_t first_sequence = 1;
  raft::HardState hard_state = {};
  raft::LogPosition base = {};
  bool operator==(const SegmentHeader&) const = default;
};

inline constexpr std::size_t segment_header_size = 81;
inline constexpr std::size_t record_header_size = 20;

std::string encode(const SegmentHeader& header);
std::optional<SegmentHeader> decode_segment_header(std::string_view bytes);  // nullopt: not a header, or damaged

// Adds one record that holds `writes`, in order, to `out`.
void encode_record(std::span<const Write> writes, std::uint64_t salt, std::uint64_t sequence, std::string& out);

// The record at the start of `bytes`.
struct Record {
  std::uint64_t sequence = 0;
  std::string_view payload;
};
std::optional<Record> decode_record(std::string_view bytes, std::uint64_t salt);  // nullopt: incomplete or damaged

// Whether the header of a record with a sequence number > `sequence` stands anywhere in `bytes`; its offset.
std::optional<std::size_t> find_later_record(std::string_view bytes, std::uint64_t salt, std::uint64_t sequence);

// Applies the items of a payload to `state`. False: they do not fit together, so no raftd of this version wrote them.
//
// An entry at or before the base (of a log whose older segments are gone, and which was overwritten from there on)
// becomes the base itself: what it follows is not known any more, and a snapshot covers it.
bool replay(std::string_view payload, LogState& state);

}  // namespace raftd::storage
