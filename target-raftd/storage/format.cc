#include "target-raftd/storage/format.h"

#include <boost/crc.hpp>
#include <boost/endian/conversion.hpp>
#include <cassert>
#include <limits>

namespace raftd::storage {
namespace {

constexpr std::string_view magic = "RAFTDWAL";
constexpr char hard_state_item = 1;
constexpr char entry_item = 2;

template <class Integer>
void put(std::string& out, Integer value) {
  boost::endian::native_to_little_inplace(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Takes integers and strings off the front of some bytes; after a take that found too little, ok() is false for good.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class Integer>
  Integer take() {
    Integer value = 0;
    const std::string_view bytes = take_bytes(sizeof value);
    if (ok_) bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
    return boost::endian::little_to_native(value);
  }

  std::string_view take_bytes(std::size_t size) {
    if (rest_.size() < size) ok_ = false;
    if (!ok_) return {};
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::uint32_t crc32c(std::string_view bytes, std::optional<std::uint64_t> salt = {}) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  if (salt) {
    const std::uint64_t little = boost::endian::native_to_little(*salt);
    crc.process_bytes(&little, sizeof little);
  }
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
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
  if (reader.take<std::uint32_t>() != crc32c(bytes.substr(0, record_header_size - 4), salt)) return {};
  return header;
}

bool replay_hard_state(Reader& reader, raft::HardState& hard_state) {
  hard_state.current_term = reader.take<std::uint64_t>();
  const auto has_vote = reader.take<std::uint8_t>();
  const auto voted_for = reader.take<std::uint64_t>();
  hard_state.voted_for.reset();
  if (has_vote == 1) hard_state.voted_for = voted_for;
  return reader.ok() && has_vote <= 1;
}

bool replay_entry(Reader& reader, std::vector<raft::Entry>& entries) {
  raft::Entry entry;
  entry.term = reader.take<std::uint64_t>();
  entry.index = reader.take<std::uint64_t>();
  const auto kind = reader.take<std::uint8_t>();
  entry.kind = static_cast<raft::EntryKind>(kind);
  entry.command = reader.take_bytes(reader.take<std::uint32_t>());
  if (!reader.ok() || kind > 1 || entry.index == 0 || entry.index > entries.size() + 1) return false;
  entries.resize(entry.index - 1);
  entries.push_back(std::move(entry));
  return true;
}

}  // namespace

std::string encode(const SegmentHeader& header) {
  std::string out(magic);
  put(out, header.version);
  put(out, header.number);
  put(out, header.node);
  put(out, header.salt);
  put(out, crc32c(out));
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
  const bool right_crc = reader.take<std::uint32_t>() == crc32c(bytes.substr(0, segment_header_size - 4));
  if (!right_magic || !right_crc) return {};
  return header;
}

void encode_record(std::span<const Write> writes, std::uint64_t salt, std::uint64_t sequence, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + record_header_size);
  for (const Write& write : writes) {
    if (write.hard_state) {
      out.push_back(hard_state_item);
      put(out, write.hard_state->current_term);
      put(out, static_cast<std::uint8_t>(write.hard_state->voted_for.has_value()));
      put(out, write.hard_state->voted_for.value_or(0));
    }
    for (const raft::Entry& entry : write.entries) {
      out.push_back(entry_item);
      put(out, entry.term);
      put(out, entry.index);
      put(out, static_cast<std::uint8_t>(entry.kind));
      put(out, static_cast<std::uint32_t>(entry.command.size()));
      out.append(entry.command);
    }
  }
  const std::string_view payload = std::string_view(out).substr(start + record_header_size);
  assert(payload.size() <= std::numeric_limits<std::uint32_t>::max());
  std::string header;
  put(header, static_cast<std::uint32_t>(payload.size()));
  put(header, sequence);
  put(header, crc32c(payload, salt));
  put(header, crc32c(header, salt));
  header.copy(out.data() + start, record_header_size);
}

std::optional<Record> decode_record(std::string_view bytes, std::uint64_t salt) {
  const std::optional<RecordHeader> header = decode_record_header(bytes, salt);
  if (!header || bytes.size() - record_header_size < header->length) return {};
  const std::string_view payload = bytes.substr(record_header_size, header->length);
  if (crc32c(payload, salt) != header->payload_crc) return {};
  return Record{.sequence = header->sequence, .payload = payload};
}

std::optional<std::size_t> find_later_record(std::string_view bytes, std::uint64_t salt, std::uint64_t sequence) {
  for (std::size_t offset = 0; offset + record_header_size <= bytes.size(); ++offset) {
    const std::optional<RecordHeader> header = decode_record_header(bytes.substr(offset), salt);
    if (header && header->sequence > sequence) return offset;
  }
  return {};
}

bool replay(std::string_view payload, raft::HardState& hard_state, std::vector<raft::Entry>& entries) {
  Reader reader(payload);
  while (reader.ok() && !reader.at_end()) {
    const char item = reader.take<char>();
    const bool good = item == hard_state_item ? replay_hard_state(reader, hard_state)
                      : item == entry_item    ? replay_entry(reader, entries)
                                              : false;
    if (!good) return false;
  }
  return reader.ok();
}

}  // namespace raftd::storage
