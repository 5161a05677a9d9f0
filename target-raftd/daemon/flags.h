// The command line of raftd, as typed values. Pure, except that help and errors are text for the caller to print.

#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <variant>

#include "target-raftd/net/address.h"
#include "target-raftd/raft/log_entry.h"

namespace raftd::daemon {

struct Flags {
  raft::NodeId id = 0;
  std::map<raft::NodeId, net::Address> cluster;
  net::Address client_address;
  std::filesystem::path data;
  std::chrono::milliseconds heartbeat{50};
  std::chrono::milliseconds election_timeout{300};  // drawn from [n, 2n) each time
  std::chrono::milliseconds deadline{5000};         // of a client's request
  std::string log_level = "info";
};

// Nothing to run: print `text` and exit.
struct ExitNow {
  int code = 0;  // 0: --help or --version, to standard output; 2: bad flags, to standard error
  std::string text;
};

std::variant<Flags, ExitNow> parse_flags(int count, const char* const* arguments);

}  // namespace raftd::daemon
