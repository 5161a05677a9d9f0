// One server: the shell around the protocol core. One thread (the loop's), but for the storage thread inside LogWriter.
//
//   HTTP --write, read--> Node --propose, read, tick, step--> raft::Raft
//                          |<------------- Effects ----------------|
//                          |--> LogWriter (disk) --> Peers (network) --> kv::Store --> answers to clients
//
// Whatever happens in one turn of the loop is gathered and becomes one batch of effects at its end, so that under load
// many requests share one AppendEntries, one fdatasync and one round of ReadIndex.

#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "target-raftd/daemon/api.h"
#include "target-raftd/daemon/flags.h"
#include "target-raftd/daemon/log_writer.h"
#include "target-raftd/daemon/proposals.h"
#include "target-raftd/daemon/reads.h"
#include "target-raftd/daemon/requests.h"
#include "target-raftd/net/peers.h"
#include "target-raftd/raft/raft.h"

namespace raftd::daemon {

class Node {
 public:
  // Opens the log, listens for the other servers and takes part in the cluster. `on_failure` is called once, from the
  // loop, when the disk fails: then nothing may be answered any more. Throws std::runtime_error when it cannot start.
  Node(boost::asio::io_context& loop, const Flags& flags, std::function<void(std::string why)> on_failure);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Each calls `done` exactly once, within the deadline; perhaps before it returns.
  void write(const kv::Command& command, Requests::Done done);
  void read(std::string key, Requests::Done done);

  // What this server knows itself, however old that is.
  Value read_local(std::string_view key) const { return store_.get(key); }

  StatusReport status() const;

 private:
  struct Ticker;
  // Effects that were taken and are not complete yet.
  struct Batch {
    raft::Effects effects;
    raft::LogPosition last_entry;  // of effects.entries, which the storage thread owns by now
    std::uint64_t write = 0;       // number of its write in LogWriter; 0: it has none
  };

  void propose(std::string command, RequestId request);
  void forward(raft::NodeId leader, std::string command, RequestId request);
  void on_forward(std::string command, std::function<void(net::Outcome)> reply);
  bool overloaded() const;
  void on_tick();

  void schedule_pump();
  void pump();
  void admit(raft::Effects effects);
  void complete(Batch& batch);
  void apply(const raft::Entry& entry);
  void answer_reads();
  void log_changes();

  boost::asio::io_context& loop_;
  Flags flags_;
  kv::Store store_;
  raft::Index applied_index_ = 0;
  Requests requests_;
  Proposals proposals_;
  Reads reads_;
  std::unique_ptr<raft::Raft> raft_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<net::Peers> peers_;
  std::unique_ptr<Ticker> ticker_;

  std::deque<Batch> batches_;  // in the order in which they were taken
  std::uint64_t durable_write_ = 0;
  std::uint64_t last_hard_state_write_ = 0;
  bool pump_scheduled_ = false;
  bool failed_ = false;
  raft::Status logged_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what is posted and may outlive this object
};

}  // namespace raftd::daemon
