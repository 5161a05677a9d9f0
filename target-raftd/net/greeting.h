// Whether two servers may talk: what their Hellos must agree on. Pure; any thread.

#pragma once

#include <string>
#include <string_view>

#include "target-raftd/net/frame.h"

namespace raftd::net {

// The Hello of server `from`. Clusters are told apart by a hash of the whole name; the name itself, cut at
// max_cluster_name bytes, is for people.
Hello make_hello(std::string_view cluster_name, std::uint64_t incarnation, raft::NodeId from, raft::NodeId to);

// What is wrong with the other side's Hello, and the cure; empty: nothing. `ours` is what this server says to it. The
// version comes first: of another version's Hello nothing else is known.
std::string objection(const Hello& theirs, const Hello& ours);

}  // namespace raftd::net
