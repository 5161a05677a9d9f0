#include "target-raftd/daemon/metrics.h"

#include <gmock/gmock.h>

namespace raftd::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Metrics, AreInTheTextFormatOfPrometheus) {
  MetricsReport report;
  report.status.raft.role = raft::Role::leader;
  report.status.raft.term = 7;
  report.status.raft.commit_index = 41;
  report.peers = {{.id = 2, .connected = true, .bytes_out = 99}};
  RequestMetrics requests;
  requests.answered("put", answer(kv::Result{.index = 1}), 3ms);
  requests.answered("put", answer(kv::Result{.index = 2}), 300us);
  requests.answered("put", answer(Failure::overloaded), 1us);
  const HttpResponse page = answer(report, requests);
  EXPECT_THAT(page.content_type, HasSubstr("text/plain; version=0.0.4"));
  for (const char* line : {
           "# HELP raftd_term Current term.\n# TYPE raftd_term gauge\nraftd_term 7\n",
           "raftd_role{role=\"leader\"} 1\n",
           "raftd_role{role=\"follower\"} 0\n",
           "raftd_commit_index 41\n",
           "raftd_peer_bytes_sent_total{peer=\"2\"} 99\n",
           "raftd_peer_connected{peer=\"2\"} 1\n",
           "raftd_request_seconds_bucket{route=\"put\",status=\"2xx\",le=\"0.0005\"} 1\n",
           "raftd_request_seconds_bucket{route=\"put\",status=\"2xx\",le=\"0.005\"} 2\n",
           "raftd_request_seconds_bucket{route=\"put\",status=\"2xx\",le=\"+Inf\"} 2\n",
           "raftd_request_seconds_count{route=\"put\",status=\"5xx\"} 1\n",
           "raftd_refused_total{code=\"overloaded\"} 1\n",
       }) {
    EXPECT_THAT(page.body, HasSubstr(line));
  }
}

TEST(Metrics, WhatIsLongerThanTheLastBoundCountsOnlyAsInfinite) {
  Histogram histogram;
  histogram.observe(5s);
  histogram.observe(6s);
  EXPECT_EQ(histogram.buckets()[Histogram::bounds.size() - 1], 1U);
  EXPECT_EQ(histogram.buckets().back(), 1U);
  EXPECT_DOUBLE_EQ(histogram.sum(), 11);
}

}  // namespace
}  // namespace raftd::daemon
