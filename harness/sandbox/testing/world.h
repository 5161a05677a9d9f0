// What the sandbox's tests share: fresh processes, and what the machine looks like from outside.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "harness/sandbox/sandbox.h"

namespace ordeal::harness::testing {

// Exit code of a fresh process that runs `body` (255 and a printed message when it throws): the test program itself may
// have threads, keeps its namespaces, and outlives what it tests.
int in_fresh_process(const std::function<int()>& body);
pid_t start_fresh_process(const std::function<int()>& body);
int await_exit_code(pid_t child);  // 128 + n for signal n

// The same in a user namespace of its own, where the body is `uid` and has every capability, and may set limits.
int in_user_namespace(unsigned uid, const std::function<int()>& body);

// Why this machine or user cannot have a sandbox; empty: it can. Tests that need one skip with it.
std::string why_no_sandbox();
// The same for a node with iptables.
std::string why_no_partition();
// And for one with a queue of packets.
std::string why_no_queue();

int open_own_network();  // a file descriptor of the network namespace that the thread is in

// Polls until `holds`; false after the longest time that a loaded machine may need.
bool eventually(const std::function<bool()>& holds, std::chrono::seconds longest = std::chrono::seconds(20));

std::vector<pid_t> all_processes();
std::set<std::string> namespaces_of(
    const std::vector<pid_t>& processes);  // "net:[4026531840]"; of those it may look at

// In a node's namespace: sockets made here stay there. The thread goes back when it goes out of scope.
class InNode {
 public:
  explicit InNode(const SandboxNode& node);
  ~InNode();
  InNode(const InNode&) = delete;
  InNode& operator=(const InNode&) = delete;

 private:
  int home_;
};

int listener_in(const SandboxNode& node);  // TCP, port 7000
// Whether a connection from one to the other is there within the time. The listener need not accept.
bool connects(const SandboxNode& from, const std::string& address, std::chrono::milliseconds within);
// A connection to a listener_in() there.
int dial(const SandboxNode& from, const std::string& address);
int udp_in(const SandboxNode& node);  // port 7777
void send_udp(int from, const SandboxNode& to, int content = 0);
// Whether that content arrives within the time; what else arrives is dropped.
bool receives(int udp_socket, int content, std::chrono::milliseconds within);
// The next content that arrives within the time.
bool receive_udp(int udp_socket, int& content, std::chrono::milliseconds within);

}  // namespace ordeal::harness::testing

#define ORDEAL_SKIP_UNLESS_POSSIBLE(why_not) \
  if (const std::string reason = (why_not); !reason.empty()) GTEST_SKIP() << reason
