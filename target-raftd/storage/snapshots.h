// The snapshots of one server, a file each: DATA/snapshot-INDEX-TERM.snap. Any thread: calls exclude each other.
//
//   snapshot := magic "RAFTDSNP" | version u32 = 1 | term u64 | index u64 | checksum u64
//             | configuration: length u32, bytes | data length u64 | data | crc u32 of all before
//
// One's own snapshot is saved on a thread of its own, while the log goes on on another; an installed one is saved on
// the thread of the log, before the Write that carries its `reset`. In either case the log is told only after save()
// returned (Log::compact, Write::reset), so the log never lacks an entry that no durable snapshot covers.

#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "target-raftd/raft/snapshot.h"
#include "target-raftd/storage/file.h"

namespace raftd::storage {

class Snapshots {
 public:
  // The folder exists and is locked by the caller.
  Snapshots(std::filesystem::path folder, Disk& disk);

  // The files that are there, the newest first; `snapshot` is nullopt if it is damaged. Reads one file at a call.
  struct Found {
    std::filesystem::path path;
    raft::LogPosition position;  // as its name says
  };
  std::vector<Found> find() const;
  static std::optional<raft::Snapshot> read(const Found& found);

  // Makes the snapshot durable, then removes the older ones. False: one at least as new had been saved before, so there
  // was nothing to do. Throws StorageError; what was there before is still there then.
  bool save(const raft::Snapshot& snapshot);

  // The snapshot that recovery chose; save() does nothing for older ones.
  void start_from(raft::LogPosition position);

 private:
  std::filesystem::path folder_;
  Disk& disk_;
  std::mutex mutex_;  // guards what follows, and the files
  raft::LogPosition newest_;
};

// The bytes of a snapshot file in two parts around the data, and back; total. nullopt: damaged, or of another version.
std::string encode_head(const raft::Snapshot& snapshot);
std::string encode_tail(std::string_view head, std::string_view data);
std::optional<raft::Snapshot> decode_snapshot(std::string_view bytes);

}  // namespace raftd::storage
