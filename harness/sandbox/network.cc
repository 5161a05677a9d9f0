// The bridge lives in the harness' namespace, so that clients reach every node. A veth pair per node: its end here is
// called "to-n1" and is a port of the bridge, its end in the node's namespace is eth0.
//
// A network namespace belongs to a thread, so making one is: unshare, configure, keep its file descriptor, go back.

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "harness/sandbox/init.h"
#include "harness/sandbox/netlink.h"
#include "harness/sandbox/sandbox.h"

namespace ordeal::harness {
namespace {

constexpr int loopback = 1;       // the kernel's index of lo in each namespace
constexpr int eth0 = 2;           // ours, in a node's namespace
constexpr int bridge = 2;         // ours, in the harness' namespace
constexpr int first_port = 1000;  // of the bridge: node 1 is 1001
constexpr int most_nodes = 250;   // of the 254 addresses of a /24
constexpr std::uint8_t prefix = 24;

// Nodes could talk past a partition of IPv4 by their link-local addresses. A kernel without IPv6 has no such file.
void forbid_ipv6_on_new_links() {
  std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << "1\n";
}

int open_own_namespace() {
  const int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (own < 0)
    throw SandboxError(fmt::format("network: cannot open the network namespace: {}", std::strerror(errno)),
                       "raise the limit of open files: ulimit -n 4096");
  return own;
}

// Leaves the thread in the namespace that it was in, whatever happens.
class InNewNamespace {
 public:
  explicit InNewNamespace(int home) : home_(home) {
    if (unshare(CLONE_NEWNET) != 0)
      throw SandboxError(fmt::format("network: cannot create a network namespace: {}", std::strerror(errno)),
                         "raise the limit: sudo sysctl -w user.max_net_namespaces=15000");
  }
  ~InNewNamespace() {
    const int returned = setns(home_, CLONE_NEWNET);
    assert(returned == 0);  // in a wrong namespace nothing that follows would mean what it says
  }
  InNewNamespace(const InNewNamespace&) = delete;
  InNewNamespace& operator=(const InNewNamespace&) = delete;

 private:
  int home_;
};

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

// Written in place: the file is mounted over /etc/hosts, and a renamed one would not be.
void write_names(const std::vector<SandboxNode>& nodes) {
  std::ofstream hosts("/run/hosts", std::ios::app);
  for (const SandboxNode& node : nodes) hosts << node.address << ' ' << node.name << '\n';
  if (!hosts.flush()) throw SandboxError("network: cannot write /run/hosts", "free some memory: it is a tmpfs");
}

}  // namespace

std::string Network::harness_address() {
  return "10.77.0.254";
}

Network::Network(int node_count) {
  assert(inside_sandbox());  // never touch the network of the machine
  assert(node_count >= 1 && node_count <= most_nodes);
  try {
    forbid_ipv6_on_new_links();
    Netlink here;
    here.add_bridge("ordeal", bridge);
    here.add_address(bridge, harness_address(), prefix);
    here.set_up(bridge);
    here.commit();
    const Descriptor home(open_own_namespace());
    for (int number = 1; number <= node_count; ++number) {
      add_node(number, home.get());
      here.plug_into(first_port + number, bridge);  // after its other end is up, so that it forwards at once
      here.commit();
    }
    write_names(nodes_);
  } catch (...) {
    close_namespaces();
    throw;
  }
}

void Network::add_node(int number, int harness_namespace) {
  SandboxNode node{.name = fmt::format("n{}", number), .address = fmt::format("10.77.0.{}", number)};
  const InNewNamespace inside(harness_namespace);
  node.network_namespace = open_own_namespace();
  nodes_.push_back(node);
  forbid_ipv6_on_new_links();
  Netlink in_node;
  in_node.add_veth("eth0", eth0, "to-" + node.name, first_port + number, harness_namespace);
  in_node.set_up(loopback);
  in_node.add_address(eth0, node.address, prefix);
  in_node.set_up(eth0);
  in_node.commit();
}

Network::~Network() {
  close_namespaces();
}

void Network::close_namespaces() noexcept {
  for (const SandboxNode& node : nodes_) close(node.network_namespace);
}

int enter_node(const SandboxNode& node) noexcept {
  if (setns(node.network_namespace, CLONE_NEWNET) != 0) return errno;
  if (unshare(CLONE_NEWUTS) != 0) return errno;
  return sethostname(node.name.c_str(), node.name.size()) == 0 ? 0 : errno;
}

}  // namespace ordeal::harness
