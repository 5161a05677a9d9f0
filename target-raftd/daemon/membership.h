// What this server makes of the configurations that come into force: where the other servers are, and a line for the
// log. Pure. One thread.

#pragma once

#include <map>
#include <optional>
#include <string>

#include "target-raftd/net/address.h"
#include "target-raftd/raft/raft.h"

namespace raftd::daemon {

class Membership {
 public:
  using Addresses = std::map<raft::NodeId, net::Address>;

  // `known` are the addresses on the command line: of the first members, or of whom a server that joins may talk to.
  Membership(raft::NodeId self, Addresses known) : self_(self), known_(std::move(known)) {}

  // A line for the log if another configuration came into force.
  std::optional<std::string> update(const raft::Configuration& configuration, raft::Index index);

  // All servers to talk to. An address stays once it was known: a server that removes itself leads until the others
  // have acknowledged that, and they can do so only if they still know where it is.
  const Addresses& addresses() const { return known_; }

 private:
  raft::NodeId self_;
  Addresses known_;
  raft::Configuration configuration_;
  std::optional<raft::Index> index_;
};

// "voters 1, 2, 3; learners 4"
std::string describe(const raft::Configuration& configuration);

}  // namespace raftd::daemon
