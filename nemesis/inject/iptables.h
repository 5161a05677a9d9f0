// Runs iptables-restore and iptables-save in the network namespaces of nodes, in all of them at the same time.
//
// Works with iptables over nf_tables and with the older iptables-legacy, whichever this machine and its kernel can do;
// tried once, in the first namespace that is asked for. One thread at a time.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ordeal::nemesis {

// Something to be done in one node's namespace.
struct InNode {
  std::string node;       // for messages
  int network_namespace;  // a file descriptor for setns()
  std::string rules;      // for iptables-restore
};

class Iptables {
 public:
  // One transaction per node. Where it failed nothing is changed there; then throws std::runtime_error after all have
  // ended, naming the nodes, what iptables said, and the cure.
  void restore(const std::vector<InNode>& in_nodes);

  // The rules of that table with counters, in the order of `in_nodes`. Throws like restore().
  std::vector<std::string> save(const std::vector<InNode>& in_nodes, const std::string& table = "filter");

  // "/usr/sbin/iptables-restore": what is used. Throws when there is none that works.
  const std::string& restore_program(const InNode& first);

 private:
  struct Programs {
    std::string restore, save;  // paths
  };
  const Programs& programs(const InNode& first);
  std::optional<Programs> programs_;
};

}  // namespace ordeal::nemesis
