// The write-ahead log of one server: its hard state and its entries, on disk. One thread at a time.
//
// Its bytes, and why a damaged end is dropped but damage elsewhere is refused: format.h. It is opened by DataFolder.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "target-raftd/storage/file.h"
#include "target-raftd/storage/format.h"

namespace raftd::storage {

class Log {
 public:
  struct Options {
    std::filesystem::path folder;                             // exists, and is locked by the caller
    raft::NodeId node = 0;                                    // a folder belongs to the node that created it
    std::uintmax_t segment_bytes = std::uintmax_t{16} << 20;  // a longer segment is followed by a new one
    bool create = true;                                       // false: a missing log is refused
    Disk* disk = &posix_disk();
  };

  // Reads what is there, or begins a log. Throws StorageError: damaged, of another node, not writable.
  explicit Log(Options options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // What was found at start; to be taken once.
  LogState take_recovered() { return std::move(recovered_); }

  // How many bytes of a torn last record were dropped at start.
  std::uintmax_t dropped_bytes() const { return dropped_bytes_; }

  // Makes `writes` durable, in order, with one fdatasync (group commit): when it returns, they survive a crash. Throws
  // StorageError; then this log must not be used again, and nothing of `writes` may be acknowledged.
  void append(std::span<const Write> writes);

  // The entries up to `base` may go: a snapshot that Snapshots::save() has made durable covers them. Removes the
  // segments that hold nothing else; what is removed need not be read at the next start.
  void compact(raft::LogPosition base);

  const std::filesystem::path& first_segment() const { return first_segment_; }  // that recovery read
  bool empty() const { return next_sequence_ == 1; }                             // Nothing was ever appended.

 private:
  // A segment before the current one.
  struct Segment {
    std::uint64_t number = 0;
    raft::Index last_index = 0;  // of the log when the next segment began
  };
  struct Found;

  void recover();
  void replay_segment(const Found& found, bool first, bool last);
  void replay_records(const Found& found, std::string_view bytes, bool last);
  void start_segment();
  void note(std::span<const Write> writes);

  Options options_;
  LogState recovered_;
  std::filesystem::path first_segment_;
  std::uintmax_t dropped_bytes_ = 0;

  SegmentHeader segment_;  // the one that is written now
  std::unique_ptr<File> file_;
  std::uintmax_t file_size_ = 0;
  std::vector<Segment> older_;
  raft::HardState hard_state_;  // as the records say up to now, and so:
  raft::LogPosition last_;
  std::uint64_t next_sequence_ = 1;
  std::string buffer_;
  bool failed_ = false;
};

}  // namespace raftd::storage
