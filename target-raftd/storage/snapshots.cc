#include "target-raftd/storage/snapshots.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "target-raftd/checksum/crc32c.h"
#include "target-raftd/storage/bytes.h"

namespace raftd::storage {
namespace {

constexpr std::string_view magic = "RAFTDSNP";
constexpr std::uint32_t version = 1;
constexpr std::string_view prefix = "snapshot-";
constexpr std::string_view suffix = ".snap";

// Twenty digits hold every index, so that a listing of the folder is in order.
std::filesystem::path path_of(const std::filesystem::path& folder, raft::LogPosition position) {
  return folder / fmt::format("{}{:020}-{}{}", prefix, position.index, position.term, suffix);
}

std::optional<raft::LogPosition> position_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return {};
  const char* const end = name.data() + name.size() - suffix.size();
  raft::LogPosition position;
  const auto index = std::from_chars(name.data() + prefix.size(), end, position.index);
  if (index.ec != std::errc{} || index.ptr == end || *index.ptr != '-') return {};
  const auto term = std::from_chars(index.ptr + 1, end, position.term);
  if (term.ec != std::errc{} || term.ptr != end || path_of({}, position) != name) return {};
  return position;
}

}  // namespace

std::string encode_head(const raft::Snapshot& snapshot) {
  std::string out(magic);
  put(out, version);
  put(out, snapshot.meta.position.term);
  put(out, snapshot.meta.position.index);
  put(out, snapshot.meta.checksum);
  put_text(out, raft::encode(snapshot.meta.configuration));
  put(out, std::uint64_t{snapshot.data->size()});
  return out;
}

std::string encode_tail(std::string_view head, std::string_view data) {
  std::string out;
  put(out, checksum::crc32c(data, checksum::crc32c(head)));
  return out;
}

std::optional<raft::Snapshot> decode_snapshot(std::string_view bytes) {
  Reader reader(bytes);
  raft::Snapshot snapshot;
  reader.require(reader.take_bytes(magic.size()) == magic);
  reader.require(reader.take<std::uint32_t>() == version);
  snapshot.meta.position.term = reader.take<std::uint64_t>();
  snapshot.meta.position.index = reader.take<std::uint64_t>();
  snapshot.meta.checksum = reader.take<std::uint64_t>();
  std::optional<raft::Configuration> configuration = raft::decode_configuration(reader.take_text());
  const std::string_view data = reader.take_bytes(reader.take<std::uint64_t>());
  const auto crc = reader.take<std::uint32_t>();
  if (!reader.ok() || !reader.at_end() || !configuration || crc != checksum::crc32c(bytes.substr(0, bytes.size() - 4)))
    return {};
  snapshot.meta.configuration = std::move(*configuration);
  snapshot.data = std::make_shared<const std::string>(data);
  return snapshot;
}

Snapshots::Snapshots(std::filesystem::path folder, Disk& disk) : folder_(std::move(folder)), disk_(disk) {}

std::vector<Snapshots::Found> Snapshots::find() const {
  std::vector<Found> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (const auto position = position_of(entry.path())) found.push_back({entry.path(), *position});
  }
  std::ranges::sort(found, std::ranges::greater{},
                    [](const Found& one) { return std::pair(one.position.index, one.position.term); });
  return found;
}

std::optional<raft::Snapshot> Snapshots::read(const Found& found) {
  std::optional<raft::Snapshot> snapshot = decode_snapshot(read_file(found.path));
  if (snapshot && snapshot->meta.position != found.position) return {};
  return snapshot;
}

bool Snapshots::save(const raft::Snapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  const raft::LogPosition position = snapshot.meta.position;
  if (position.index <= newest_.index) return false;
  const std::string head = encode_head(snapshot);
  replace_file(disk_, path_of(folder_, position), {head, *snapshot.data, encode_tail(head, *snapshot.data)});
  newest_ = position;
  for (const Found& found : find()) {
    if (found.position.index < position.index) disk_.remove(found.path);
  }
  return true;
}

void Snapshots::start_from(raft::LogPosition position) {
  const std::lock_guard lock(mutex_);
  newest_ = position;
}

}  // namespace raftd::storage
