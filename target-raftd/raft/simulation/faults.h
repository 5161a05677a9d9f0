// The faults that befall the machines and their network, each at random times until they are stopped. One thread at a
// time.

#pragma once

#include <vector>

#include "target-raftd/raft/simulation/machines.h"

namespace raftd::simulation {

class Faults {
 public:
  Faults(World& world, Network& network, Machines& machines) : world_(world), network_(network), machines_(machines) {}

  void start();

  // No more faults; the network is whole and quick, every machine goes on, and those that can start do.
  void stop();

  // Cuts these links, in the directions given.
  using Links = std::vector<std::pair<raft::NodeId, raft::NodeId>>;
  void cut(const Links& links);

  void note(const std::string& line) const;

 private:
  void every(Time mean, void (Faults::*fault)());
  Machine& victim();
  Time some_election_timeouts();

  void crash_some();
  void crash(Machine& machine);
  void crash(Machine& machine, Time down);
  void partition();
  Links random_links();
  void heal_after(Time delay);
  void pause_one();
  void usurp();
  void isolate(const Machine& machine, bool inbound_only);
  void fail_disk();
  void lose_disk();

  World& world_;
  Network& network_;
  Machines& machines_;
  bool stopped_ = false;
  std::uint64_t partitions_ = 0;
};

}  // namespace raftd::simulation
