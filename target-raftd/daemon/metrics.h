// What GET /metrics says, in the text format of Prometheus. Pure. One thread.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "target-raftd/daemon/api.h"
#include "target-raftd/daemon/histogram.h"

namespace raftd::daemon {

// How clients were answered.
class RequestMetrics {
 public:
  // Both views must be literals.
  void answered(std::string_view route, const HttpResponse& response, std::chrono::nanoseconds took);

  // By route and the first digit of the status.
  const std::map<std::pair<std::string_view, unsigned>, Histogram>& latency() const { return latency_; }
  const std::map<std::string_view, std::uint64_t>& refused() const { return refused_; }  // by code

 private:
  std::map<std::pair<std::string_view, unsigned>, Histogram> latency_;
  std::map<std::string_view, std::uint64_t> refused_;
};

struct MetricsReport {
  StatusReport status;
  Histogram fsync;
  std::uint64_t leader_changes = 0;
  std::uint64_t snapshots_made = 0;
  std::size_t requests_waiting = 0;
  std::size_t proposals = 0;  // in flight
  std::size_t proposed_bytes = 0;
  struct Peer {
    raft::NodeId id = 0;
    bool connected = false;
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t reconnects = 0;
    std::uint64_t dropped = 0;  // messages: no connection, or its queue was full
  };
  std::vector<Peer> peers;
};

HttpResponse answer(const MetricsReport& report, const RequestMetrics& requests);

}  // namespace raftd::daemon
