// The write-ahead log of one server: its hard state and its entries, on disk. One thread at a time.
//
// Its bytes, and why a damaged end is dropped but damage elsewhere is refused: format.h.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "target-raftd/raft/raft.h"
#include "target-raftd/storage/file.h"
#include "target-raftd/storage/folder_lock.h"
#include "target-raftd/storage/format.h"

namespace raftd::storage {

class Log {
 public:
  struct Options {
    std::filesystem::path folder;                             // created when missing
    raft::NodeId node = 0;                                    // a folder belongs to the node that created it
    std::uintmax_t segment_bytes = std::uintmax_t{64} << 20;  // a longer segment is followed by a new one
    Disk* disk = &posix_disk();
  };

  // Locks the folder and reads what is there. Throws StorageError: in use, damaged, of another node, not writable.
  explicit Log(Options options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // What was found at start; to be taken once.
  raft::Persisted take_recovered() { return std::move(recovered_); }

  // How many bytes of a torn last record were dropped at start.
  std::uintmax_t dropped_bytes() const { return dropped_bytes_; }

  // Makes `writes` durable, in order, with one fdatasync (group commit): when it returns, they survive a crash. Throws
  // StorageError; then this log must not be used again, and nothing of `writes` may be acknowledged.
  void append(std::span<const Write> writes);

 private:
  struct Found;

  void recover();
  void replay_segment(const Found& found, bool last);
  void start_segment(std::uint64_t number);

  Options options_;
  FolderLock lock_;
  raft::Persisted recovered_;
  std::uintmax_t dropped_bytes_ = 0;

  SegmentHeader segment_;  // the one that is written now
  std::unique_ptr<File> file_;
  std::uintmax_t file_size_ = 0;
  std::uint64_t next_sequence_ = 1;
  std::string buffer_;
  bool failed_ = false;
};

}  // namespace raftd::storage
