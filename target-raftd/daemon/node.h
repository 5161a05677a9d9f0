// One server: the shell around the protocol core. One thread (the loop's), but for the storage thread inside LogWriter
// and the snapshot thread inside SnapshotMaker.
//
//   HTTP --write, read--> Node --propose, read, tick, step--> raft::Raft
//                          |<------------- Effects ----------------|
//                          |--> Lanes --> LogWriter (disk), Peers (network), kv::Store --> answers to clients
//
// Whatever happens in one turn of the loop is gathered and becomes one batch of effects at its end, so that under load
// many requests share one AppendEntries, one fdatasync and one round of ReadIndex.
//
// node.cc: start, loop and what is applied; node_clients.cc: what clients ask; node_reports.cc: what observers ask.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "target-raftd/daemon/flags.h"
#include "target-raftd/daemon/lanes.h"
#include "target-raftd/daemon/log_writer.h"
#include "target-raftd/daemon/membership.h"
#include "target-raftd/daemon/metrics.h"
#include "target-raftd/daemon/proposals.h"
#include "target-raftd/daemon/reads.h"
#include "target-raftd/daemon/requests.h"
#include "target-raftd/daemon/snapshot_maker.h"
#include "target-raftd/daemon/transfers.h"
#include "target-raftd/net/peers.h"

namespace raftd::daemon {

class Node {
 public:
  // Opens the data folder, listens for the other servers and takes part in the cluster. `on_failure` is called once,
  // from the loop, when the disk fails: then nothing may be answered any more. Throws std::runtime_error when it cannot
  // start.
  Node(boost::asio::io_context& loop, const Flags& flags, std::function<void(std::string why)> on_failure);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Each calls `done` exactly once, within the deadline; perhaps before it returns.
  void write(const kv::Command& command, Requests::Done done);
  void read(std::string key, ReadLevel level, Requests::Done done);
  using Respond = std::function<void(const HttpResponse&)>;
  void change(const raft::MembershipChange& change, Respond done);
  void transfer(raft::NodeId to, Respond done);

  // What this server knows itself, however old that is.
  Value read_local(std::string_view key) const { return store_.get(key); }

  StatusReport status() const;
  MetricsReport metrics() const;

 private:
  struct Ticker;

  void start_threads();
  void start_network();
  Lanes::Duties duties();

  void propose(std::string command, RequestId request);
  void forward(raft::NodeId leader, std::string command, RequestId request);
  void on_forward(std::string command, std::function<void(net::Outcome)> reply);
  bool overloaded() const;

  void on_tick();
  void schedule_pump();
  void pump();
  void apply(const raft::Entry& entry);
  void install(raft::LogPosition position, kv::Store store);
  void answer_reads();
  void refuse_reads(raft::ReadId id);
  void consider_snapshot();
  void on_snapshot_saved(raft::Snapshot snapshot);
  void identify_cluster();
  void note_changes();
  void fail(const std::string& why);

  boost::asio::io_context& loop_;
  const Flags flags_;
  std::unique_ptr<storage::DataFolder> folder_;
  kv::Store store_;
  raft::Index applied_index_ = 0;
  raft::Term applied_term_ = 0;
  Requests requests_;
  Proposals proposals_;
  Reads reads_;
  Transfers transfers_;
  SnapshotPolicy snapshot_policy_;
  bool making_snapshot_ = false;
  std::uint64_t incarnation_ = 0;  // as it stands in the data folder, or is on its way there
  raft::Term identified_in_ = 0;   // the last term in which this server proposed one

  std::unique_ptr<raft::Raft> raft_;
  Lanes lanes_;
  Membership membership_;
  std::unique_ptr<net::Peers> peers_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<SnapshotMaker> snapshot_maker_;
  std::unique_ptr<Ticker> ticker_;

  std::function<void(std::string)> on_failure_;
  bool pump_scheduled_ = false;
  bool failed_ = false;
  raft::Status noted_;
  Histogram fsync_;
  std::uint64_t leader_changes_ = 0;
  std::uint64_t snapshots_made_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what is posted and may outlive this object
};

}  // namespace raftd::daemon
