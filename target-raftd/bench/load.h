// A closed loop of clients: each has one connection and one request under way, and sends the next as soon as the answer
// is there and was found right. One thread drives them all.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "target-raftd/bench/child.h"
#include "target-raftd/bench/dialect.h"

namespace raftd::bench {

struct Load {
  std::vector<Port> ports;              // one client for each, so a port may stand there many times
  std::span<const Exchange> exchanges;  // drawn from at random
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds duration{2000};  // after the warm-up
  std::uint64_t seed = 1;
};

struct Measured {
  std::uint64_t right = 0;  // answers in the measured time
  std::chrono::duration<double> time{0};
  std::chrono::duration<double, std::micro> p50{0};
  std::chrono::duration<double, std::micro> p99{0};
  std::chrono::duration<double, std::micro> max{0};
  std::chrono::microseconds client_cpu{0};      // of this process, in the measured time
  std::map<std::string, std::uint64_t> errors;  // what went wrong, at any time, and how often

  double per_second() const { return time.count() > 0 ? static_cast<double>(right) / time.count() : 0; }
};

// Throws std::runtime_error when a client cannot connect at the start.
Measured run(const Load& load);

// The value below which that share of `values` lies (nearest rank); sorts them. 0 for none.
double quantile(std::vector<double>& values, double share);

}  // namespace raftd::bench
