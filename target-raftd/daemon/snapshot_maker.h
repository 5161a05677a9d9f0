// The snapshot thread: turns a frozen view of the store into a durable snapshot, while the loop and the log go on.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "target-raftd/kv/store.h"
#include "target-raftd/storage/snapshots.h"

namespace raftd::daemon {

// What SnapshotMeta::checksum holds in this system: the size and the CRC-32C of the data.
std::uint64_t checksum_of(std::string_view data);

// When the next snapshot is due. Pure.
class SnapshotPolicy {
 public:
  SnapshotPolicy(std::uint64_t most_entries, std::uint64_t most_bytes)
      : most_entries_(most_entries), most_bytes_(most_bytes) {}

  void applied(std::size_t bytes) {
    ++entries_;
    bytes_ += bytes;
  }
  bool due() const { return entries_ >= most_entries_ || bytes_ >= most_bytes_; }
  void begun() { entries_ = bytes_ = 0; }

 private:
  std::uint64_t most_entries_;
  std::uint64_t most_bytes_;
  std::uint64_t entries_ = 0;  // since the last one
  std::uint64_t bytes_ = 0;
};

class SnapshotMaker {
 public:
  // Both are called on the snapshot thread; `failed` once, and then no snapshot is made any more.
  struct Handlers {
    std::function<void(raft::Snapshot)> saved;
    std::function<void(std::string why)> failed;
  };

  // `snapshots` outlives this object.
  SnapshotMaker(storage::Snapshots& snapshots, Handlers handlers);
  // Waits until the one that is being made is saved.
  ~SnapshotMaker();
  SnapshotMaker(const SnapshotMaker&) = delete;
  SnapshotMaker& operator=(const SnapshotMaker&) = delete;

  // One at a time: the next one only after `saved`. `meta` as Raft::snapshot_meta() gives it.
  void start(raft::SnapshotMeta meta, kv::Frozen frozen);

 private:
  struct Work {
    raft::SnapshotMeta meta;
    kv::Frozen frozen;
  };
  void run();

  storage::Snapshots& snapshots_;
  Handlers handlers_;
  std::mutex mutex_;  // guards the following two
  std::condition_variable changed_;
  std::optional<Work> work_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace raftd::daemon
