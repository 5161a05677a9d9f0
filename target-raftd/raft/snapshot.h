// The state of the state machine at one log position, which stands for the log up to there (§7). Plain values; any
// thread.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "target-raftd/raft/configuration.h"

namespace raftd::raft {

struct SnapshotMeta {
  LogPosition position = {};  // of the last entry that it covers; {0, 0}: of none, the state before the first entry
  Configuration configuration = {};  // the newest one at or before `position`
  std::uint64_t checksum = 0;        // of the data: two servers may write the same state in different bytes
  bool operator==(const SnapshotMeta&) const = default;
};

struct Snapshot {
  SnapshotMeta meta = {};
  std::shared_ptr<const std::string> data = {};  // opaque to the protocol; null only at position {0, 0}
};

}  // namespace raftd::raft
