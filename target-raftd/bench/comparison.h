// The measurement: rounds that alternate between the systems, and their medians. One thread.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "target-raftd/bench/cluster.h"
#include "target-raftd/bench/flags.h"
#include "target-raftd/bench/load.h"

namespace raftd::bench {

// One system under one operation and one number of clients; every figure a median over its rounds.
struct Row {
  System system = System::raftd;
  Operation operation = Operation::write;
  std::size_t clients = 0;
  double per_second = 0;
  double slowest_round = 0;  // per second: how noisy the machine was
  double fastest_round = 0;
  double p50_us = 0;
  double p99_us = 0;
  double server_cpu_us = 0;                     // per operation, all servers together
  double client_cpu_us = 0;                     // per operation
  double idle_cores = 0;                        // that the other systems used meanwhile
  std::map<std::string, std::uint64_t> errors;  // over all rounds
};

// Loads the keys first. Throws std::runtime_error when a cluster fails.
std::vector<Row> compare(std::vector<Cluster*> clusters, const Flags& flags,
                         const std::function<void(const std::string&)>& progress);

}  // namespace raftd::bench
