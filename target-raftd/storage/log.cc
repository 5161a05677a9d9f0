#include "target-raftd/storage/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

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
  if (error != std::errc{} || stop != end) return {};
  return number;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::error_code error;
  std::string bytes(static_cast<std::size_t>(in.is_open() ? std::filesystem::file_size(path, error) : 0), '\0');
  // read() turns a disk's error into a state of the stream; an istreambuf_iterator would throw its own, nameless words.
  if (!in.is_open() || error || !in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    throw StorageError(fmt::format("cannot read {}; check its permissions and the kernel log", path.string()));
  }
  return bytes;
}

std::uint64_t random_salt() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

std::filesystem::path created(const std::filesystem::path& folder) {
  create_folder(folder);
  return folder;
}

}  // namespace

Log::Log(Options options) : options_(std::move(options)), lock_(created(options_.folder)) {
  recover();
}

Log::~Log() = default;

void Log::recover() {
  std::vector<Found> found;
  for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) {
    if (const auto number = segment_number(entry.path())) found.push_back({entry.path(), *number});
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.number < b.number; });
  if (found.empty()) return start_segment(1);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].number != i + 1) refuse(segment_path(options_.folder, i + 1), 0, "this segment is missing");
    replay_segment(found[i], i + 1 == found.size());
  }
  file_ = options_.disk->open(found.back().path);
  // A killed process leaves records that the disk may not hold yet. We are about to act on them.
  file_->sync();
}

void Log::replay_segment(const Found& found, bool last) {
  const std::string bytes = read_file(found.path);
  const std::optional<SegmentHeader> header = decode_segment_header(bytes);
  if (!header || header->number != found.number) refuse(found.path, 0, "the header of the segment is damaged");
  if (header->version != 1) {
    throw StorageError(fmt::format("{} has format version {}, this raftd reads 1; start the raftd that wrote it",
                                   found.path.string(), header->version));
  }
  if (header->node != options_.node) {
    throw StorageError(
        fmt::format("the data folder {} belongs to node {}, not to node {}; give each node its own --data",
                    options_.folder.string(), header->node, options_.node));
  }
  segment_ = *header;
  std::size_t offset = segment_header_size;
  while (offset < bytes.size()) {
    const std::string_view rest = std::string_view(bytes).substr(offset);
    const std::optional<Record> record = decode_record(rest, segment_.salt);
    if (!record) break;
    if (record->sequence != next_sequence_) refuse(found.path, offset, "records are missing");
    if (!replay(record->payload, recovered_.hard_state, recovered_.entries)) {
      refuse(found.path, offset, "a record holds what no raftd of this version writes");
    }
    ++next_sequence_;
    offset += record_header_size + record->payload.size();
  }
  file_size_ = offset;
  if (offset == bytes.size()) return;

  const std::string_view rest = std::string_view(bytes).substr(offset);
  if (!last) refuse(found.path, offset, "a record is damaged, and a later segment exists");
  if (const auto later = find_later_record(rest, segment_.salt, next_sequence_)) {
    refuse(found.path, offset,
           fmt::format("a record is damaged, and a later one stands at offset {}", offset + *later));
  }
  dropped_bytes_ = bytes.size() - offset;
  options_.disk->truncate(found.path, offset);
}

// Written under another name and renamed, so that a segment with an incomplete header can never be a crash's doing.
void Log::start_segment(std::uint64_t number) {
  segment_ = {.number = number, .node = options_.node, .salt = random_salt()};
  const std::filesystem::path path = segment_path(options_.folder, number);
  std::filesystem::path draft = path;
  draft += ".new";
  std::error_code ignored;
  std::filesystem::remove(draft, ignored);
  file_ = options_.disk->open(draft);
  file_->append(encode(segment_));
  file_->sync();
  options_.disk->publish(draft, path);
  file_size_ = segment_header_size;
}

void Log::append(std::span<const Write> writes) {
  assert(!failed_);
  failed_ = true;  // Stays so if anything below throws.
  if (file_size_ >= options_.segment_bytes) start_segment(segment_.number + 1);
  buffer_.clear();
  encode_record(writes, segment_.salt, next_sequence_, buffer_);
  file_->append(buffer_);
  file_->sync();
  file_size_ += buffer_.size();
  ++next_sequence_;
  failed_ = false;
}

}  // namespace raftd::storage
