#include "target-raftd/daemon/snapshot_maker.h"

#include <cassert>
#include <exception>
#include <memory>
#include <utility>

#include "target-raftd/checksum/crc32c.h"

namespace raftd::daemon {

std::uint64_t checksum_of(std::string_view data) {
  return std::uint64_t{data.size()} << 32 | checksum::crc32c(data);
}

SnapshotMaker::SnapshotMaker(storage::Snapshots& snapshots, Handlers handlers)
    : snapshots_(snapshots), handlers_(std::move(handlers)), thread_([this] { run(); }) {}

SnapshotMaker::~SnapshotMaker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void SnapshotMaker::start(raft::SnapshotMeta meta, kv::Frozen frozen) {
  const std::lock_guard lock(mutex_);
  assert(!work_);
  work_ = Work{.meta = std::move(meta), .frozen = std::move(frozen)};
  changed_.notify_one();
}

void SnapshotMaker::run() {
  for (;;) {
    std::optional<Work> work;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || work_; });
      if (stopping_) return;
      work = std::exchange(work_, std::nullopt);
    }
    try {
      raft::Snapshot snapshot{.meta = std::move(work->meta),
                              .data = std::make_shared<const std::string>(kv::encode(work->frozen))};
      work.reset();  // The store need not copy its parts on the view's account any longer than necessary.
      snapshot.meta.checksum = checksum_of(*snapshot.data);
      snapshots_.save(snapshot);
      handlers_.saved(std::move(snapshot));
    } catch (const std::exception& error) {
      return handlers_.failed(error.what());
    }
  }
}

}  // namespace raftd::daemon
