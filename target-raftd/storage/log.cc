#include "target-raftd/storage/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <random>

namespace raftd::storage {

struct Log::Found {
  std::filesystem::path path;
  std::uint64_t number = 0;
};

namespace {

constexpr std::string_view cure =
    "restore the file from a copy, or, if the other servers are healthy, remove this server from the cluster and add "
    "it again with an empty folder";

[[noreturn]] void refuse(const std::filesystem::path& path, std::size_t offset, std::string_view what) {
  throw StorageError(fmt::format("corrupt log: {} at offset {}: {}; {}", path.string(), offset, what, cure));
}

std::filesystem::path segment_path(const std::filesystem::path& folder, std::uint64_t number) {
  return folder / fmt::format("wal-{:08}.log", number);
}

std::optional<std::uint64_t> segment_number(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  std::uint64_t number = 0;
  if (!name.starts_with("wal-") || !name.ends_with(".log")) return {};
  const char* end = name.data() + name.size() - 4;
  const auto [stop, error] = std::from_chars(name.data() + 4, end, number);
  if (error != std::errc{} || stop != end || segment_path({}, number) != name) return {};
  return number;
}

std::uint64_t random_salt() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

Log::Log(Options options) : options_(std::move(options)) {
  recover();
}

Log::~Log() = default;

// A gap in the numbers: the removal of old segments is not synced, so a crash may bring back some of them. Only those
// behind the last gap count; whether they are enough is for the caller to say, who knows the snapshot.
void Log::recover() {
  std::vector<Found> found;
  for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) {
    if (const auto number = segment_number(entry.path())) found.push_back({entry.path(), *number});
  }
  std::ranges::sort(found, {}, &Found::number);
  if (found.empty()) {
    if (!options_.create) refuse(segment_path(options_.folder, 1), 0, "the log is missing");
    segment_.number = 0;
    return start_segment();
  }
  std::size_t first = found.size() - 1;
  while (first > 0 && found[first - 1].number + 1 == found[first].number) --first;
  for (std::size_t i = 0; i < first; ++i) older_.push_back({.number = found[i].number, .last_index = 0});
  first_segment_ = found[first].path;
  for (std::size_t i = first; i < found.size(); ++i) {
    replay_segment(found[i], i == first, i + 1 == found.size());
  }
  hard_state_ = recovered_.hard_state;
  last_ = recovered_.last();
  file_ = options_.disk->open(found.back().path, file_size_, Ahead::zeros);
  // A killed process leaves records, and names of files, that the disk may not hold yet. We are about to act on them.
  file_->sync();
  options_.disk->sync_folder(options_.folder);
}

void Log::replay_segment(const Found& found, bool first, bool last) {
  const std::string bytes = read_file(found.path);
  const std::optional<SegmentHeader> header = decode_segment_header(bytes);
  if (!header || header->number != found.number) refuse(found.path, 0, "the header of the segment is damaged");
  if (header->version != SegmentHeader{}.version) {
    throw StorageError(fmt::format("{} has format version {}, this raftd reads {}; start the raftd that wrote it",
                                   found.path.string(), header->version, SegmentHeader{}.version));
  }
  if (header->node != options_.node) {
    throw StorageError(
        fmt::format("the data folder {} belongs to node {}, not to node {}; give each node its own --data",
                    options_.folder.string(), header->node, options_.node));
  }
  if (first) {
    recovered_ = {.hard_state = header->hard_state, .base = header->base, .entries = {}};
    next_sequence_ = header->first_sequence;
  } else {
    if (header->first_sequence != next_sequence_) refuse(found.path, 0, "records are missing before this segment");
    if (header->hard_state != recovered_.hard_state || header->base != recovered_.last()) {
      refuse(found.path, 0, "the segment does not follow the one before it");
    }
    older_.push_back({.number = segment_.number, .last_index = header->base.index});
  }
  segment_ = *header;
  replay_records(found, bytes, last);
}

void Log::replay_records(const Found& found, std::string_view bytes, bool last) {
  std::size_t offset = segment_header_size;
  while (const auto record = decode_record(bytes.substr(std::min(offset, bytes.size())), segment_.salt)) {
    if (record->sequence != next_sequence_) refuse(found.path, offset, "records are missing");
    if (!replay(record->payload, recovered_)) {
      refuse(found.path, offset, "a record holds what no raftd of this version writes");
    }
    offset += record_header_size + record->payload.size();
    ++next_sequence_;
  }
  file_size_ = offset;
  const std::string_view rest = bytes.substr(offset);
  const std::size_t last_byte = rest.find_last_not_of('\0');
  if (last_byte == std::string_view::npos) return;  // nothing, or zeros that were written ahead
  if (!last) refuse(found.path, offset, "a record is damaged, and a later segment exists");
  if (const auto later = find_later_record(rest, segment_.salt, next_sequence_)) {
    refuse(found.path, offset,
           fmt::format("a record is damaged, and a later one stands at offset {}", offset + *later));
  }
  dropped_bytes_ = last_byte + 1;
  options_.disk->truncate(found.path, offset);
}

// Written under another name and renamed, so that a segment with an incomplete header can never be a crash's doing.
void Log::start_segment() {
  if (segment_.number > 0) older_.push_back({.number = segment_.number, .last_index = last_.index});
  segment_ = {.number = segment_.number + 1,
              .node = options_.node,
              .salt = random_salt(),
              .first_sequence = next_sequence_,
              .hard_state = hard_state_,
              .base = last_};
  const std::filesystem::path path = segment_path(options_.folder, segment_.number);
  replace_file(*options_.disk, path, {encode(segment_)});
  file_ = options_.disk->open(path, segment_header_size, Ahead::zeros);
  file_size_ = segment_header_size;
  if (first_segment_.empty()) first_segment_ = path;
}

void Log::append(std::span<const Write> writes) {
  assert(!failed_);
  failed_ = true;  // Stays so if anything below throws.
  if (file_size_ >= options_.segment_bytes) start_segment();
  buffer_.clear();
  encode_record(writes, segment_.salt, next_sequence_, buffer_);
  file_->append(buffer_);
  file_->sync();
  file_size_ += buffer_.size();
  ++next_sequence_;
  note(writes);
  failed_ = false;
}

void Log::note(std::span<const Write> writes) {
  for (const Write& write : writes) {
    if (write.hard_state) hard_state_ = *write.hard_state;
    if (write.reset) last_ = *write.reset;
    if (write.entries.empty()) continue;
    assert(write.entries.front().index <= last_.index + 1);
    last_ = {.term = write.entries.back().term, .index = write.entries.back().index};
  }
}

// A segment may go when the log before the next one, up to the position in that one's header, is covered. Later records
// may have gone back behind that position, but then they were written before `base` was committed, and replay() knows
// what to make of them.
void Log::compact(raft::LogPosition base) {
  assert(!failed_);
  failed_ = true;
  const auto keep = std::ranges::find_if(older_, [&](const Segment& one) { return one.last_index > base.index; });
  for (auto segment = older_.begin(); segment != keep; ++segment) {
    options_.disk->remove(segment_path(options_.folder, segment->number));
  }
  older_.erase(older_.begin(), keep);
  failed_ = false;
}

}  // namespace raftd::storage
