#include "target-raftd/daemon/metrics.h"

#include <fmt/format.h>

#include <iterator>

namespace raftd::daemon {
namespace {

class Page {
 public:
  void describe(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(text_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
  }
  template <typename Number>
  void sample(std::string_view name, std::string_view labels, Number value) {
    text_ += name;
    if (!labels.empty()) fmt::format_to(std::back_inserter(text_), "{{{}}}", labels);
    fmt::format_to(std::back_inserter(text_), " {}\n", value);
  }
  template <typename Number>
  void one(std::string_view name, std::string_view type, std::string_view help, Number value) {
    describe(name, type, help);
    sample(name, "", value);
  }
  void histogram(const std::string& name, const std::string& labels, const Histogram& histogram) {
    const std::string comma = labels.empty() ? "" : labels + ",";
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < Histogram::bounds.size(); ++i) {
      below += histogram.buckets()[i];
      sample(name + "_bucket", fmt::format("{}le=\"{}\"", comma, Histogram::bounds[i]), below);
    }
    below += histogram.buckets().back();
    sample(name + "_bucket", comma + "le=\"+Inf\"", below);
    sample(name + "_sum", labels, histogram.sum());
    sample(name + "_count", labels, below);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void write_protocol(Page& page, const MetricsReport& report) {
  const StatusReport& status = report.status;
  const raft::Status& raft = status.raft;
  page.one("raftd_term", "gauge", "Current term.", raft.term);
  page.describe("raftd_role", "gauge", "1 for the role that this server has.");
  for (const raft::Role role :
       {raft::Role::follower, raft::Role::pre_candidate, raft::Role::candidate, raft::Role::leader}) {
    page.sample("raftd_role", fmt::format("role=\"{}\"", to_string(role)), raft.role == role ? 1 : 0);
  }
  page.one("raftd_leader", "gauge", "Number of the server that leads; 0: none known.", raft.leader.value_or(0));
  page.one("raftd_voter", "gauge", "1: this server votes.", raft.voter ? 1 : 0);
  page.one("raftd_elections_total", "counter", "Elections that this server began.", raft.elections);
  page.one("raftd_pre_votes_total", "counter", "Pre-votes that this server began.", raft.pre_votes);
  page.one("raftd_leader_changes_total", "counter", "Times that this server learned of another leader.",
           report.leader_changes);
  page.one("raftd_log_last_index", "gauge", "Last entry of the log.", raft.last_log.index);
  page.one("raftd_log_base_index", "gauge", "Last entry that was compacted away.", raft.log_base.index);
  page.one("raftd_commit_index", "gauge", "Last committed entry.", raft.commit_index);
  page.one("raftd_applied_index", "gauge", "Last applied entry.", status.applied_index);
  page.one("raftd_snapshot_index", "gauge", "Last entry that the newest snapshot covers.", raft.snapshot.index);
  page.one("raftd_configuration_index", "gauge", "Entry of the configuration in force.", status.configuration_index);
  page.one("raftd_members", "gauge", "Members of the configuration in force.", status.members.size());
  page.one("raftd_snapshots_made_total", "counter", "Snapshots made.", report.snapshots_made);
  page.one("raftd_snapshots_sent_total", "counter", "Snapshots sent to followers.", raft.snapshots_sent);
  page.one("raftd_snapshots_installed_total", "counter", "Snapshots of a leader installed.", raft.snapshots_installed);
}

void write_server(Page& page, const MetricsReport& report, const RequestMetrics& requests) {
  page.one("raftd_store_keys", "gauge", "Keys in the store.", report.status.keys);
  page.one("raftd_sessions", "gauge", "Sessions in the store.", report.status.sessions);
  page.one("raftd_requests_waiting", "gauge", "Requests of clients that wait.", report.requests_waiting);
  page.one("raftd_proposals", "gauge", "Proposals in flight.", report.proposals);
  page.one("raftd_proposed_bytes", "gauge", "Bytes of proposals in flight.", report.proposed_bytes);
  page.describe("raftd_fsync_seconds", "histogram", "Time of one write and fdatasync of the log.");
  page.histogram("raftd_fsync_seconds", "", report.fsync);
  page.describe("raftd_request_seconds", "histogram", "Time from a request of a client to its answer.");
  for (const auto& [key, histogram] : requests.latency()) {
    page.histogram("raftd_request_seconds", fmt::format("route=\"{}\",status=\"{}xx\"", key.first, key.second),
                   histogram);
  }
  page.describe("raftd_refused_total", "counter", "Answers that were errors, by code.");
  for (const auto& [code, count] : requests.refused()) {
    page.sample("raftd_refused_total", fmt::format("code=\"{}\"", code), count);
  }
}

void write_peers(Page& page, const std::vector<MetricsReport::Peer>& peers) {
  using Peer = MetricsReport::Peer;
  const auto family = [&](std::string_view name, std::string_view type, std::string_view help, auto Peer::*member) {
    page.describe(name, type, help);
    for (const Peer& peer : peers) page.sample(name, fmt::format("peer=\"{}\"", peer.id), std::uint64_t{peer.*member});
  };
  family("raftd_peer_connected", "gauge", "1: the connection to that server stands.", &Peer::connected);
  family("raftd_peer_messages_received_total", "counter", "Messages received.", &Peer::messages_in);
  family("raftd_peer_messages_sent_total", "counter", "Messages sent.", &Peer::messages_out);
  family("raftd_peer_bytes_received_total", "counter", "Bytes received.", &Peer::bytes_in);
  family("raftd_peer_bytes_sent_total", "counter", "Bytes sent.", &Peer::bytes_out);
  family("raftd_peer_reconnects_total", "counter", "Times that the connection was made again.", &Peer::reconnects);
  family("raftd_peer_dropped_total", "counter", "Messages not sent: no connection or a full queue.", &Peer::dropped);
}

}  // namespace

void RequestMetrics::answered(std::string_view route, const HttpResponse& response, std::chrono::nanoseconds took) {
  latency_[{route, response.status / 100}].observe(took);
  if (!response.code.empty()) ++refused_[response.code];
}

HttpResponse answer(const MetricsReport& report, const RequestMetrics& requests) {
  Page page;
  write_protocol(page, report);
  write_server(page, report, requests);
  write_peers(page, report.peers);
  return {.body = page.take(), .content_type = "text/plain; version=0.0.4; charset=utf-8"};
}

}  // namespace raftd::daemon
