// The figures as text: a table for people, JSON for scripts. Pure.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "target-raftd/bench/comparison.h"
#include "target-raftd/bench/failover.h"

namespace raftd::bench {

struct Report {
  Flags flags;
  double load_average = 0;  // of this machine when the bench began: others' work blurs every figure
  unsigned cores = 0;
  std::vector<Row> rows;
  std::map<std::size_t, double> ceilings;  // number of clients -> answers per second
  std::map<System, std::vector<Milliseconds>> failovers;
};

std::string table(const Report& report);
std::string json(const Report& report);

}  // namespace raftd::bench
