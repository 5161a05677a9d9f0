// One simulated client: one operation at a time, writes with a session and a serial, retried until answered. One
// thread.

#pragma once

#include <optional>
#include <vector>

#include "target-raftd/raft/simulation/machines.h"

namespace raftd::simulation {

class Client {
 public:
  Client(World& world, Invariants& invariants, Machines& machines, std::uint64_t number)
      : world_(world), invariants_(invariants), machines_(machines), number_(number) {
    reader_ = number > 1 && number <= machines.all().size() && world.dice.chance(400);
  }

  void start() { next(); }
  void stop() { stopped_ = true; }  // after the present operation

  std::uint64_t completed() const { return completed_; }

 private:
  void next();
  void attempt();
  void write(Machine& machine);
  void read(Machine& machine);
  void completed_with(const std::string& outcome);
  void retry_after(Time delay);
  Machine& choose_machine();

  World& world_;
  Invariants& invariants_;
  Machines& machines_;
  const std::uint64_t number_;

  bool reader_ = false;  // only reads, from one machine, and so notices when that one has fallen behind
  bool stopped_ = false;
  std::uint64_t completed_ = 0;
  std::uint64_t serial_ = 0;
  std::uint64_t attempts_ = 0;          // of all operations; names the present one
  int retries_ = 0;                     // of the present operation
  std::optional<kv::Command> command_;  // nullopt: a read
  raft::Index seen_before_ = 0;         // when the operation began
  std::optional<raft::NodeId> leader_;  // as the last refusal said
};

}  // namespace raftd::simulation
