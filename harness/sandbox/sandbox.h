// A private world for one run: user (when not root), mount, PID, network, UTS and IPC namespaces that die with the
// harness.
//
//        supervisor (the process that the user started; waits, passes signals on, returns the exit code)
//             |  namespaces begin here
//           init (PID 1: PR_SET_PDEATHSIG, it dies when the supervisor does; reaps orphans; ends when the harness ends)
//             |
//          harness (runs `inside`; an ordinary process with the ordinary meaning of signals, abort() and assert)
//             |  bridge 10.77.0.254/24
//      n1 (10.77.0.1)   n2 (10.77.0.2)  ...   each a network namespace and a host name of its own
//
// When init ends, however it ends, the kernel kills every process of the PID namespace, and with the last process go
// the network namespaces (links, rules) and the mounts. Nothing is written outside but the run folder. Inside, /proc
// shows the sandbox's processes only, /run is an empty tmpfs of its own, and /etc/hosts names localhost and the nodes.
//
// Init is not the harness because the kernel drops signals with a default action that PID 1 gets, and because a
// harness that is PID 1 would have to reap orphaned grandchildren without stealing the children that it waits for.

#pragma once

#include <sys/types.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ordeal::harness {

// The machine refuses; what() says why, and the sysctl, the package or the sudo that helps.
class SandboxError : public std::runtime_error {
 public:
  SandboxError(const std::string& why, const std::string& cure)
      : std::runtime_error(why + "; " + cure), why_(why), cure_(cure) {}
  const std::string& why() const { return why_; }
  const std::string& cure() const { return cure_; }

 private:
  std::string why_, cure_;
};

// Runs `inside` in a new sandbox and returns its exit code: what it returned, 255 when an exception left it (printed),
// 128 + n when signal n killed it (or init). When it returns, no process of the sandbox is left.
//
// SIGINT, SIGTERM and SIGHUP that reach the supervisor reach `inside` once, also Ctrl-C: the sandbox is a session of
// its own, so the terminal signals the supervisor only (nodes must not die of a Ctrl-C). A signal that the caller
// ignores (nohup) is not passed on. Must be called while the process has a single thread; it may be called again.
// Throws SandboxError when the kernel refuses; `inside` has not run then.
int run_in_sandbox(const std::function<int()>& inside);

struct SandboxNode {
  std::string name;            // "n1"
  std::string address;         // "10.77.0.1"
  int network_namespace = -1;  // file descriptor for setns(CLONE_NEWNET); valid while the Network lives
};

// The network of one run; made once in a sandbox, by `inside`. Not thread-safe; make it before other threads start.
// IPv6 is off between the nodes, so that a partition of IPv4 is a partition. Throws SandboxError.
class Network {
 public:
  explicit Network(int node_count);  // 1 to 250
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const std::vector<SandboxNode>& nodes() const { return nodes_; }
  static std::string harness_address();  // "10.77.0.254", the bridge

 private:
  void add_node(int number, int harness_namespace);
  void close_namespaces() noexcept;
  std::vector<SandboxNode> nodes_;
};

// To be called in a child between fork and exec: enters the node's network namespace and a UTS namespace of its own
// with the node's name as host name. Async-signal-safe. Returns 0, or errno of what failed.
int enter_node(const SandboxNode& node) noexcept;

// One line of `ordeal doctor`: something the machine must be able to do.
struct Probe {
  std::string what;  // "user namespace", "network namespace", "iptables in a node", ...
  bool works = false;
  std::string detail;  // with works: how; else: why not
  std::string cure;    // with !works: the command that helps
};

// Tries everything for real, in children and a sandbox of their own. Same condition on threads as run_in_sandbox.
std::vector<Probe> probe_machine();

}  // namespace ordeal::harness
