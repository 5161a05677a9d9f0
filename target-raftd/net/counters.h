// Counts for the metrics. Plain values; any thread.

#pragma once

#include <cstdint>

namespace raftd::net {

// What went over the links of one peer.
struct PeerCounters {
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t dropped = 0;  // messages: no connection, or its queue was full
};

}  // namespace raftd::net
