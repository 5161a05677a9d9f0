// One question to a node over HTTP, by an address and not by a name.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string>

namespace ordeal::harness {

struct ProbeUrl {
  std::string address;  // "10.77.0.1"
  std::uint16_t port = 80;
  std::string target;  // "/status"
  std::string method = "GET";
  std::string body{};  // JSON; empty: none
};

// "http://10.77.0.1:8100/status". Throws ClusterError saying what is wrong.
ProbeUrl parse_probe_url(const std::string& url);

struct ProbeAnswer {
  int status = 0;  // 0: no answer
  std::string body;
  std::string error;     // of no answer: "connection refused", "no answer within 300 ms", ...
  bool refused = false;  // nobody listens there, so the node does not run
};

// On a connection of its own. Never throws.
boost::asio::awaitable<ProbeAnswer> ask(ProbeUrl url, std::chrono::milliseconds within);

}  // namespace ordeal::harness
