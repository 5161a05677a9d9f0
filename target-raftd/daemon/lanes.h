// Performs batches of raft::Effects in the order that raft/effects.h states: the lane that waits for this server's disk
// and the one that does not. Calls what performs each single duty, and knows nothing else. One thread.
//
//   admit(batch 1: entry 8)    -> store(entry 8)                                     [disk is busy]
//   admit(batch 2: commit 8)   -> apply(entry 8): a majority of others has it
//   done(1)                    -> durable(8), send what batch 1 promised

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "target-raftd/daemon/log_writer.h"
#include "target-raftd/raft/effects.h"

namespace raftd::daemon {

class Lanes {
 public:
  struct Duties {
    std::function<std::uint64_t(LogWriter::Job)> store;  // begins to make it durable; its number, rising from 1
    std::function<void(raft::LogPosition)> durable;      // entries up to there are
    std::function<void(raft::Envelope)> send;
    std::function<void(raft::LogPosition, kv::Store)> install;  // replaces the state machine
    std::function<void(const raft::Entry&)> apply;
    std::function<void(raft::ReadyRead)> ready;
    std::function<void(raft::ReadId)> refuse;
  };

  explicit Lanes(Duties duties) : duties_(std::move(duties)) {}

  void admit(raft::Effects effects);

  // All jobs up to `number` are durable; `installed` is the store of the snapshot that the last one installed.
  void done(std::uint64_t number, std::unique_ptr<kv::Store> installed);

  // A snapshot of a leader is on its way to the disk, and the state machine waits for it.
  bool installing() const { return !fast_.empty(); }

 private:
  struct OnDisk {
    std::uint64_t job = 0;  // 0: it has none
    raft::LogPosition position = {};
    std::vector<raft::Envelope> messages = {};
  };
  struct Fast {
    std::uint64_t job = 0;  // that must be durable first; 0: none
    raft::LogPosition install = {};
    std::vector<raft::Entry> committed = {};
    std::vector<raft::ReadyRead> ready_reads = {};
    std::vector<raft::ReadId> refused_reads = {};
  };

  void perform(const Fast& batch);

  Duties duties_;
  std::deque<OnDisk> disk_;
  std::deque<Fast> fast_;  // empty unless its first one waits for an install
  std::deque<std::unique_ptr<kv::Store>> installed_;
  std::uint64_t done_ = 0;
  std::uint64_t last_hard_state_job_ = 0;
};

}  // namespace raftd::daemon
