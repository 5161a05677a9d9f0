// Waiting until every node answers its ready probe.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/cluster/node_description.h"
#include "nemesis/plan/fault.h"

namespace ordeal::harness {

struct Unready {
  nemesis::Node node;
  std::string why;  // "exited before it was ready: exit status 1"; "not ready after 10 s: GET http://...: ..."
};

// Asks all nodes at the same time, on the calling thread. Returns when all have answered with `status`, when one has
// ended (`how_it_ended` says how; nullopt: it runs), or after `within`: the nodes that are not ready, a node that ended
// first, and none when all is well.
std::vector<Unready> await_readiness(
    const std::vector<NodeProbes>& nodes, int status, std::chrono::nanoseconds within,
    const std::function<std::optional<std::string>(const nemesis::Node&)>& how_it_ended);

// Asks one node, every 2 ms (a command every 20 ms), as long as `lives` says so; calls `ready` once when it answers as
// wanted.
boost::asio::awaitable<void> ask_until_ready(NodeProbes node, int status, std::function<bool()> lives,
                                             std::function<void()> ready);

}  // namespace ordeal::harness
