// The command line of raftd, as typed values. Pure, except that help and errors are text for the caller to print.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <variant>

#include "target-raftd/net/address.h"
#include "target-raftd/raft/log_entry.h"

namespace raftd::daemon {

struct Flags {
  raft::NodeId id = 0;
  std::map<raft::NodeId, net::Address> cluster;
  bool join = false;  // wait to be added to a running cluster, instead of beginning a new one with these members
  std::set<raft::NodeId> learners;  // of them, at the beginning
  std::string cluster_name = "raftd";
  net::Address client_address;
  std::filesystem::path data;

  std::chrono::milliseconds heartbeat{50};
  std::chrono::milliseconds election_timeout{300};  // drawn from [n, 2n) each time
  std::chrono::milliseconds deadline{5000};         // of a client's request
  bool pre_vote = true;
  bool check_quorum = true;
  bool lease = true;          // false: a lease read is confirmed like a linearizable one
  unsigned lease_drift = 20;  // percent of the election timeout that clocks may drift apart within it

  std::uint64_t snapshot_entries = 10'000;                 // applied since the last one
  std::uint64_t snapshot_bytes = std::uint64_t{64} << 20;  // of them
  std::uint64_t log_tail = 1000;                           // entries before a snapshot that stay for slow followers

  std::string log_level = "info";
};

// Nothing to run: print `text` and exit.
struct ExitNow {
  int code = 0;  // 0: --help or --version, to standard output; 2: bad flags, to standard error
  std::string text;
};

std::variant<Flags, ExitNow> parse_flags(int count, const char* const* arguments);

}  // namespace raftd::daemon
