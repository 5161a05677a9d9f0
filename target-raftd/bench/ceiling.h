// What the client itself can do: its rate against a server that does nothing. Where a system comes near to it, the
// bench measures itself. One thread; the server is a child process.

#pragma once

#include "target-raftd/bench/load.h"

namespace raftd::bench {

Measured measure_ceiling(std::size_t clients, std::chrono::milliseconds duration);

}  // namespace raftd::bench
