// Whose data a folder holds: a small file, replaced as a whole. One thread at a time.
//
// It is written last when a folder is created: a folder without it never promised anything to anybody.
//
//   identity := magic "RAFTDIDY" | version u32 = 1 | node u64 | incarnation u64 | cluster name: length u32, bytes
//             | bootstrap configuration: length u32, bytes | crc u32

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "target-raftd/raft/configuration.h"

namespace raftd::storage {

struct Identity {
  std::string cluster_name = {};
  raft::NodeId node = 0;
  std::uint64_t incarnation = 0;       // of the cluster; 0: not known yet
  raft::Configuration bootstrap = {};  // the members before the first entry; empty: waits to be added
  bool operator==(const Identity&) const = default;
};

std::string encode(const Identity& identity);
std::optional<Identity> decode_identity(std::string_view bytes);  // nullopt: damaged, or of another version

}  // namespace raftd::storage
