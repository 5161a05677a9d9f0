// The data folder of one server: its identity, its snapshots and its log, opened together. Recovery is decided here.
//
//   thread of the log:       log().append(), log().compact(); snapshots().save() of an installed snapshot; identify()
//   thread of the snapshots: snapshots().save() of one's own
//   before either starts:    the rest
//
// Order of an installed snapshot: save() it, then append the Write with its `reset`, then report it as durable.
// Order of one's own: save() it, then compact().

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "target-raftd/raft/raft.h"
#include "target-raftd/storage/folder_lock.h"
#include "target-raftd/storage/identity.h"
#include "target-raftd/storage/log.h"
#include "target-raftd/storage/snapshots.h"

namespace raftd::storage {

class DataFolder {
 public:
  struct Options {
    std::filesystem::path folder;  // created when missing
    std::string cluster_name = {};
    raft::NodeId node = 0;
    raft::Configuration bootstrap = {};  // of a new folder only; an old one keeps its own
    std::uintmax_t segment_bytes = std::uintmax_t{16} << 20;
    Disk* disk = &posix_disk();
  };

  // Locks the folder and reads what is there. Throws StorageError: in use, damaged, of another cluster or node, not
  // writable.
  explicit DataFolder(Options options);
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  // What was found at start, as Raft wants it; to be taken once. A log that does not hold the entry that the newest
  // snapshot ends with was dropped (§7).
  raft::Persisted take_recovered() { return std::move(recovered_); }

  // What a human should know about the recovery: full sentences for the log of the daemon.
  const std::vector<std::string>& notes() const { return notes_; }

  const Identity& identity() const { return identity_; }

  // The incarnation of the cluster became known; durable when this returns. Throws StorageError.
  void identify(std::uint64_t incarnation);

  Log& log() { return *log_; }
  Snapshots& snapshots() { return *snapshots_; }

 private:
  void check_identity();
  void write_identity();
  void recover();
  raft::Snapshot choose_snapshot(const LogState& log);
  void note_damaged(const std::vector<std::filesystem::path>& damaged, std::string_view instead);

  Options options_;
  FolderLock lock_;
  Identity identity_;
  std::unique_ptr<Snapshots> snapshots_;
  std::unique_ptr<Log> log_;
  raft::Persisted recovered_;
  std::vector<std::string> notes_;
};

}  // namespace raftd::storage
