#include "target-raftd/storage/format.h"

#include <boost/endian/conversion.hpp>
#include <cassert>
#include <limits>

#include "target-raftd/checksum/crc32c.h"
#include "target-raftd/storage/bytes.h"

namespace raftd::storage {
namespace {

constexpr std::string_view magic = "RAFTDWAL";
constexpr char hard_state_item = 1;
constexpr char entry_item = 2;

constexpr char reset_item = 3;

// The CRC of a record begins with the salt of its segment.
std::uint32_t salted_crc(std::string_view bytes, std::uint64_t salt) {
  const std::uint64_t little = boost::endian::native_to_little(salt);
  return checksum::crc32c(bytes, checksum::crc32c({reinterpret_cast<const char*>(&little), sizeof little}));
}

void put_hard_state(std::string& out, const raft::HardState& hard_state) {
  put(out, hard_state.current_term);
  put(out, static_cast<std::uint8_t>(hard_state.voted_for.has_value()));
  put(out, hard_state.voted_for.value_or(0));
}

void put_position(std::string& out, raft::LogPosition position) {
  put(out, position.term);
  put(out, position.index);
}

raft::HardState take_hard_state(Reader& reader) {
  raft::HardState hard_state;
  hard_state.current_term = reader.take<std::uint64_t>();
  const auto has_vote = reader.take<std::uint8_t>();
  const auto vote = reader.take<std::uint64_t>();
  reader.require(has_vote <= 1);
  if (has_vote == 1) hard_state.voted_for = vote;
  return hard_state;
}

raft::LogPosition take_position(Reader& reader) {
  raft::LogPosition position;
  position.term = reader.take<std::uint64_t>();
  position.index = reader.take<std::uint64_t>();
  return position;
}

struct RecordHeader {
  std::uint32_t length = 0;
  std::uint64_t sequence = 0;
  std::uint32_t payload_crc = 0;
};

std::optional<RecordHeader> decode_record_header(std::string_view bytes, std::uint64_t salt) {
  if (bytes.size() < record_header_size) return {};
  Reader reader(bytes);
  RecordHeader header;
  header.length = reader.take<std::uint32_t>();
  header.sequence = reader.take<std::uint64_t>();
  header.payload_crc = reader.take<std::uint32_t>();
  if (header.sequence == 0) return {};  // zeros that were written ahead, whatever their crc is under this salt
  if (reader.take<std::uint32_t>() != salted_crc(bytes.substr(0, record_header_size - 4), salt)) return {};
  return header;
}

bool replay_entry(Reader& reader, LogState& state) {
  raft::Entry entry;
  entry.term = reader.take<std::uint64_t>();
  entry.index = reader.take<std::uint64_t>();
  const auto kind = reader.take<std::uint8_t>();
  entry.kind = static_cast<raft::EntryKind>(kind);
  entry.command = reader.take_text();
  if (!reader.ok() || kind > static_cast<std::uint8_t>(raft::EntryKind::configuration)) return false;
  if (entry.index == 0 || entry.index > state.last().index + 1) return false;
  if (entry.index <= state.base.index) {
    state.entries.clear();
    state.base = {.term = entry.term, .index = entry.index};
    return true;
  }
  state.entries.resize(entry.index - state.base.index - 1);
  state.entries.push_back(std::move(entry));
  return true;
}

}  // namespace

raft::LogPosition LogState::last() const {
  return entries.empty() ? base : raft::LogPosition{.term = entries.back().term, .index = entries.back().index};
}

std::string encode(const SegmentHeader& header) {
  std::string out(magic);
  put(out, header.version);
  put(out, header.number);
  put(out, header.node);
  put(out, header.salt);
  put(out, header.first_sequence);
  put_hard_state(out, header.hard_state);
  put_position(out, header.base);
  put(out, checksum::crc32c(out));
  assert(out.size() == segment_header_size);
  return out;
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < segment_header_size) return {};
  Reader reader(bytes.substr(0, segment_header_size));
  const bool right_magic = reader.take_bytes(magic.size()) == magic;
  SegmentHeader header;
  header.version = reader.take<std::uint32_t>();
  header.number = reader.take<std::uint64_t>();
  header.node = reader.take<std::uint64_t>();
  header.salt = reader.take<std::uint64_t>();
  header.first_sequence = reader.take<std::uint64_t>();
  header.hard_state = take_hard_state(reader);
  header.base = take_position(reader);
  const bool right_crc = reader.take<std::uint32_t>() == checksum::crc32c(bytes.substr(0, segment_header_size - 4));
  if (!reader.ok() || !right_magic || !right_crc) return {};
  return header;
}

void encode_record(std::span<const Write> writes, std::uint64_t salt, std::uint64_t sequence, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + record_header_size);
  for (const Write& write : writes) {
    if (write.hard_state) {
      out.push_back(hard_state_item);
      put_hard_state(out, *write.hard_state);
    }
    if (write.reset) {
      out.push_back(reset_item);
      put_position(out, *write.reset);
    }
    for (const raft::Entry& entry : write.entries) {
      out.push_back(entry_item);
      put(out, entry.term);
      put(out, entry.index);
      put(out, static_cast<std::uint8_t>(entry.kind));
      put_text(out, entry.command);
    }
  }
  const std::string_view payload = std::string_view(out).substr(start + record_header_size);
  assert(payload.size() <= std::numeric_limits<std::uint32_t>::max());
  std::string header;
  put(header, static_cast<std::uint32_t>(payload.size()));
  put(header, sequence);
  put(header, salted_crc(payload, salt));
  put(header, salted_crc(header, salt));
  header.copy(out.data() + start, record_header_size);
}

std::optional<Record> decode_record(std::string_view bytes, std::uint64_t salt) {
  const std::optional<RecordHeader> header = decode_record_header(bytes, salt);
  if (!header || bytes.size() - record_header_size < header->length) return {};
  const std::string_view payload = bytes.substr(record_header_size, header->length);
  if (salted_crc(payload, salt) != header->payload_crc) return {};
  return Record{.sequence = header->sequence, .payload = payload};
}

std::optional<std::size_t> find_later_record(std::string_view bytes, std::uint64_t salt, std::uint64_t sequence) {
  // Zeros written ahead are no records, and there may be a lot of them. A header may end with zeros itself.
  const std::size_t last = bytes.find_last_not_of('\0');
  if (last == std::string_view::npos) return {};
  for (std::size_t offset = 0; offset <= last && offset + record_header_size <= bytes.size(); ++offset) {
    const std::optional<RecordHeader> header = decode_record_header(bytes.substr(offset), salt);
    if (header && header->sequence > sequence) return offset;
  }
  return {};
}

bool replay(std::string_view payload, LogState& state) {
  Reader reader(payload);
  while (reader.ok() && !reader.at_end()) {
    switch (reader.take<char>()) {
      case hard_state_item:
        state.hard_state = take_hard_state(reader);
        break;
      case entry_item:
        reader.require(replay_entry(reader, state));
        break;
      case reset_item:
        state.entries.clear();
        state.base = take_position(reader);
        break;
      default:
        return false;
    }
  }
  return reader.ok();
}

}  // namespace raftd::storage
