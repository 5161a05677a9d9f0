// Files of a node whose damage the target must notice, as its YAML says. Plain values; any thread.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nemesis/plan/fault.h"

namespace ordeal::nemesis {

struct CorruptibleFiles {
  std::string pattern;             // of paths below the data folder: "wal-*.log", "*/wal/*.wal"
  std::vector<CorruptKind> kinds;  // what it must notice of them
  // So many bytes before the last one that is not zero are left alone: damage there may pass for a torn last write,
  // which a target is right to drop.
  std::uint64_t spared_at_end = 0;
  bool operator==(const CorruptibleFiles&) const = default;
};

}  // namespace ordeal::nemesis
