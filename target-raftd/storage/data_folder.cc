#include "target-raftd/storage/data_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace raftd::storage {
namespace {

constexpr std::string_view cure =
    "restore the file from a copy, or, if the other servers are healthy, remove this server from the cluster and add "
    "it again with an empty folder";

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view what) {
  throw StorageError(fmt::format("{}: {}; {}", path.string(), what, cure));
}

std::filesystem::path created(const std::filesystem::path& folder) {
  create_folder(folder);
  return folder;
}

// Whether the log goes on where the snapshot ends: the entry there is the snapshot's last one (§7).
bool fits(const LogState& log, raft::LogPosition snapshot) {
  if (snapshot.index == log.base.index) return snapshot == log.base;
  if (snapshot.index < log.base.index || snapshot.index > log.last().index) return false;
  return log.entries[snapshot.index - log.base.index - 1].term == snapshot.term;
}

}  // namespace

DataFolder::DataFolder(Options options) : options_(std::move(options)), lock_(created(options_.folder)) {
  for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) {
    if (entry.path().extension() == ".new") options_.disk->remove(entry.path());  // a crash left it half written
  }
  const bool old = std::filesystem::exists(options_.folder / "identity");
  if (old) {
    check_identity();
  } else {
    identity_ = {.cluster_name = options_.cluster_name, .node = options_.node, .bootstrap = options_.bootstrap};
  }
  snapshots_ = std::make_unique<Snapshots>(options_.folder, *options_.disk);
  log_ = std::make_unique<Log>(Log::Options{.folder = options_.folder,
                                            .node = options_.node,
                                            .segment_bytes = options_.segment_bytes,
                                            .create = !old,
                                            .disk = options_.disk});
  if (!old) {
    if (!log_->empty() || !snapshots_->find().empty()) refuse(options_.folder / "identity", "this file is missing");
    write_identity();
  }
  recover();
}

DataFolder::~DataFolder() = default;

void DataFolder::check_identity() {
  const std::filesystem::path path = options_.folder / "identity";
  std::optional<Identity> found = decode_identity(read_file(path));
  if (!found) refuse(path, "this file is damaged");
  identity_ = std::move(*found);
  if (identity_.cluster_name != options_.cluster_name) {
    throw StorageError(fmt::format(
        "the data folder {} belongs to the cluster \"{}\", not to \"{}\"; correct --cluster-name, or give --data "
        "another folder",
        options_.folder.string(), identity_.cluster_name, options_.cluster_name));
  }
  if (identity_.node != options_.node) {
    throw StorageError(
        fmt::format("the data folder {} belongs to node {}, not to node {}; give each node its own --data",
                    options_.folder.string(), identity_.node, options_.node));
  }
}

void DataFolder::write_identity() {
  replace_file(*options_.disk, options_.folder / "identity", {encode(identity_)});
}

void DataFolder::identify(std::uint64_t incarnation) {
  identity_.incarnation = incarnation;
  write_identity();
}

// The newest snapshot that can be read. A damaged newer one is passed over only if the log, together with an older one
// or with the beginning, holds all that this server ever promised: then it had been saved, but never relied upon.
raft::Snapshot DataFolder::choose_snapshot(const LogState& log) {
  std::vector<std::filesystem::path> damaged;
  for (const Snapshots::Found& found : snapshots_->find()) {
    std::optional<raft::Snapshot> snapshot = Snapshots::read(found);
    if (!snapshot) {
      damaged.push_back(found.path);
    } else if (damaged.empty() || fits(log, found.position)) {
      if (!damaged.empty()) note_damaged(damaged, found.path.filename().string());
      return std::move(*snapshot);
    } else {
      break;
    }
  }
  if (!damaged.empty() && !fits(log, {})) refuse(damaged.front(), "this snapshot is damaged");
  if (!damaged.empty()) note_damaged(damaged, "the beginning");
  return {.meta = {.configuration = identity_.bootstrap}};
}

void DataFolder::note_damaged(const std::vector<std::filesystem::path>& damaged, std::string_view instead) {
  for (const std::filesystem::path& path : damaged) {
    notes_.push_back(
        fmt::format("The snapshot {} is damaged; the log goes on from {}, so nothing is lost. Check the disk.",
                    path.string(), instead));
  }
}

void DataFolder::recover() {
  LogState log = log_->take_recovered();
  raft::Snapshot snapshot = choose_snapshot(log);
  const raft::LogPosition position = snapshot.meta.position;
  if (log.base.index > position.index) {
    refuse(log_->first_segment(), fmt::format("the log begins after entry {}, but no snapshot goes beyond entry {}: a "
                                              "file before this one is missing",
                                              log.base.index, position.index));
  }
  if (log_->dropped_bytes() > 0) {
    notes_.push_back(fmt::format("Dropped {} bytes of a record at the end of the log that a crash had left incomplete.",
                                 log_->dropped_bytes()));
  }
  Write mend;
  if (!fits(log, position)) {
    notes_.push_back(fmt::format("Dropped the log up to entry {}: the snapshot up to entry {} takes its place.",
                                 log.last().index, position.index));
    log.base = position;
    log.entries.clear();
    mend.reset = position;
  }
  // Applying, and so saving a snapshot, does not wait for this server's own disk: the snapshot may be of a term that
  // the log has not heard of. No vote can have been given in that term, for a vote waits for the disk.
  if (log.hard_state.current_term < position.term) {
    log.hard_state = {.current_term = position.term, .voted_for = {}};
    mend.hard_state = log.hard_state;
  }
  if (mend.reset || mend.hard_state) log_->append({&mend, 1});
  snapshots_->start_from(position);
  log_->compact(position);
  recovered_ = {.hard_state = log.hard_state,
                .snapshot = std::move(snapshot),
                .log_base = log.base,
                .entries = std::move(log.entries)};
}

}  // namespace raftd::storage
