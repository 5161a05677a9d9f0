// A private world for one run: user (when not root), mount, PID, network and UTS namespaces that die with the harness.
//
//          supervisor (the process that the user started; waits, passes signals on, returns the exit code)
//               |  namespaces begin here
//             init = harness (PID 1 of its own PID namespace; PR_SET_PDEATHSIG: it dies when the supervisor does)
//               |  bridge 10.77.0.254/24
//      n1 (10.77.0.1)   n2 (10.77.0.2)  ...   each a network namespace and a host name of its own
//
// When init ends, however it ends, the kernel kills every process of the PID namespace, and with the last process go
// the network namespaces (links, rules) and the mounts. Nothing is written outside but the run folder.

#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ordeal::harness {

// Runs `inside` as init of a new sandbox and returns its exit code (128 + n when signal n killed it). SIGINT, SIGTERM
// and SIGHUP that reach the supervisor reach init. Must be called while the process still has a single thread. Throws
// SandboxError, naming the sysctl or the sudo that helps, when the kernel refuses; `inside` has not run then.
int run_in_sandbox(const std::function<int()>& inside);

struct SandboxNode {
  std::string name;       // "n1"
  std::string address;    // "10.77.0.1"
  int network_namespace;  // file descriptor for setns(CLONE_NEWNET); valid while the Network lives
};

// The network of one run; made inside the sandbox, by init. Not thread-safe; make it before other threads start.
class Network {
 public:
  explicit Network(int node_count);  // at most 250
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const std::vector<SandboxNode>& nodes() const { return nodes_; }
  static std::string harness_address();  // "10.77.0.254", the bridge

 private:
  std::vector<SandboxNode> nodes_;
};

// To be called in a child between fork and exec: enters the node's network namespace and a UTS namespace of its own with
// the node's name as host name. Async-signal-safe. Returns 0, or errno of what failed.
int enter_node(const SandboxNode& node) noexcept;

// One line of `ordeal doctor`: something the machine must be able to do.
struct Probe {
  std::string what;    // "user namespace", "network namespace", "iptables in a node", ...
  bool works = false;
  std::string detail;  // with works: how; else: why not
  std::string cure;    // with !works: the command that helps
};
std::vector<Probe> probe_machine();

}  // namespace ordeal::harness
