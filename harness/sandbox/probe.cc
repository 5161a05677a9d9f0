// `ordeal doctor`: nothing is concluded from version numbers or lists of modules; everything is tried, in a child.

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <system_error>
#include <thread>

#include "harness/sandbox/probe_packets.h"
#include "harness/sandbox/refusal.h"
#include "harness/sandbox/sandbox.h"
#include "nemesis/inject/clock_patch.h"
#include "nemesis/inject/disk_filter.h"
#include "nemesis/inject/iptables.h"
#include "nemesis/inject/iptables_rules.h"
#include "nemesis/inject/packet_delays.h"
#include "nemesis/inject/process_state.h"
#include "nemesis/inject/queue_rules.h"

namespace ordeal::harness {
namespace {

constexpr int patience_ms = 3000;  // for a packet between two namespaces of one machine

using Attempt = std::function<std::string()>;  // returns how it works, or throws

// What a child found out, on its way to the parent.
class Answer {
 public:
  explicit Answer(const std::string& what) : what_(what) {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "doctor: pipe");
  }
  ~Answer() { close(ends_[0]), close(ends_[1]); }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  // At most a page, so that nobody has to read meanwhile. The rest of a longer one would be lost, not block.
  void say(bool works, const std::string& detail, const std::string& cure = "") {
    const std::string said = fmt::format("{}{}\n{}", works ? '+' : '-', detail, cure).substr(0, 4000);
    [[maybe_unused]] const ssize_t written = write(ends_[1], said.data(), said.size());
  }
  void say_how(const Attempt& attempt) {
    try {
      say(true, attempt());
    } catch (const SandboxError& error) {
      say(false, error.why(), error.cure());
    } catch (const std::exception& error) {  // those of the nemesis end with "; cure"
      const std::string said = error.what();
      const std::size_t end = std::min(said.rfind("; "), said.size());
      say(false, said.substr(0, end), end == said.size() ? "see the kernel's log: dmesg" : said.substr(end + 2));
    }
  }
  Probe hear(pid_t child) {
    if (child > 0) waitpid(child, nullptr, 0);
    fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    std::array<char, 4096> buffer;
    const ssize_t length = read(ends_[0], buffer.data(), buffer.size());
    if (length <= 0)
      return {what_, false, "the process that tried it ended without a word", "see the kernel's log: dmesg"};
    const std::string said(buffer.data(), static_cast<std::size_t>(length));
    const std::size_t end = said.find('\n');
    return {what_, said.front() == '+', said.substr(1, end - 1), said.substr(end + 1)};
  }

 private:
  std::string what_;
  std::array<int, 2> ends_{};
};

// In a child, which may change its namespaces.
Probe in_child(const std::string& what, const Attempt& attempt) {
  Answer answer(what);
  const pid_t child = fork();
  if (child == 0) {
    answer.say_how(attempt);
    _exit(0);
  }
  return answer.hear(child);
}

// In the harness of a sandbox.
Probe in_sandbox(const std::string& what, const Attempt& attempt) {
  Answer answer(what);
  const pid_t child = fork();
  if (child == 0) {
    try {
      run_in_sandbox([&] { return answer.say_how(attempt), 0; });
    } catch (const SandboxError& error) {
      answer.say(false, error.why(), error.cure());
    }
    _exit(0);
  }
  return answer.hear(child);
}

bool may_create_namespaces_itself() {
  return in_child("",
                  [] {
                    if (unshare(CLONE_NEWUTS) != 0) throw std::runtime_error("no");
                    return std::string();
                  })
      .works;
}

// By clone, as run_in_sandbox does it: unshare would refuse a user namespace to a process with threads.
std::string try_namespaces(int kinds, bool user_namespace) {
  const long child = syscall(SYS_clone, SIGCHLD | kinds | (user_namespace ? CLONE_NEWUSER : 0), 0, 0, 0, 0);
  if (child == 0) _exit(0);
  if (child < 0) throw explain({.error = errno, .user_namespace = user_namespace}, read_sysctl);
  waitpid(static_cast<pid_t>(child), nullptr, 0);
  return "can be created";
}

// A UDP socket that was made in the node's namespace stays there; the thread does too (it is a child that ends).
int socket_in(const SandboxNode& node) {
  const int made = enter_node(node) == 0 ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(7777);
  inet_pton(AF_INET, node.address.c_str(), &address.sin_addr);
  if (made < 0 || bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw SandboxError(fmt::format("cannot open a socket in {}: {}", node.name, std::strerror(errno)),
                       "see the kernel's log: dmesg");
  return made;
}

void send_packet(int from, const SandboxNode& to) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(7777);
  inet_pton(AF_INET, to.address.c_str(), &address.sin_addr);
  sendto(from, "x", 1, 0, reinterpret_cast<sockaddr*>(&address), sizeof address);
}

bool arrives(int at, int within_ms) {
  pollfd polled{.fd = at, .events = POLLIN, .revents = 0};
  char byte = 0;
  return poll(&polled, 1, within_ms) == 1 && recv(at, &byte, 1, 0) == 1;
}

void require_packet(int from, const SandboxNode& to, int at) {
  send_packet(from, to);
  if (!arrives(at, patience_ms))
    throw SandboxError("a packet from node to node did not arrive",
                       "look for a firewall on bridges: sudo sysctl -w net.bridge.bridge-nf-call-iptables=0");
}

std::string try_network() {
  const Network network(2);
  const SandboxNode &n1 = network.nodes()[0], &n2 = network.nodes()[1];
  addrinfo *found = nullptr, hints{};
  hints.ai_family = AF_INET;
  if (getaddrinfo("n2", nullptr, &hints, &found) != 0)
    throw SandboxError("the name n2 does not resolve", "/etc/nsswitch.conf needs a line `hosts: files dns`");
  freeaddrinfo(found);
  const int at_n1 = socket_in(n1), at_n2 = socket_in(n2);
  require_packet(at_n1, n2, at_n2);
  return "a packet went from n1 to n2 over a bridge and two veth pairs";
}

std::string try_iptables() {
  const Network network(2);
  const SandboxNode &n1 = network.nodes()[0], &n2 = network.nodes()[1];
  nemesis::Iptables iptables;
  const nemesis::InNode in_n1{n1.name, n1.network_namespace, nemesis::rules_to_cut(1, {n2.address})};
  const int at_n1 = socket_in(n1), at_n2 = socket_in(n2);
  require_packet(at_n2, n1, at_n1);
  iptables.restore({in_n1});
  send_packet(at_n2, n1);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  while (nemesis::packets_dropped(1, iptables.save({in_n1}).front())[n2.address] == 0)
    if (std::chrono::steady_clock::now() > deadline)
      throw SandboxError("iptables counted no packet", "load the kernel's module: sudo modprobe nft_counter");
  if (arrives(at_n1, 0)) throw SandboxError("a packet passed a rule that drops it", "see the kernel's log: dmesg");
  return fmt::format("{} dropped and counted a packet", iptables.restore_program(in_n1));
}

std::string try_clocks() {
  if (const std::string why = nemesis::why_no_clock_control(); !why.empty()) throw std::runtime_error(why);
  return "`date` told the time of another week, and the machine's clock was not touched";
}

std::string try_disk_filter() {
  if (const std::string why = nemesis::why_no_disk_filter(); !why.empty()) throw std::runtime_error(why);
  return "a node's system calls can be watched and made to fail (seccomp's user notification)";
}

// A process of its own is stopped and let go, and what it used of the processor is read.
std::string try_starvation() {
  const pid_t process = fork();
  if (process == 0) {
    for (;;) pause();
  }
  kill(process, SIGSTOP);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  while (nemesis::state_of(process) != nemesis::ProcessState::stopped && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const bool stopped = nemesis::state_of(process) == nemesis::ProcessState::stopped;
  kill(process, SIGCONT);
  const bool resumed = nemesis::state_of(process) == nemesis::ProcessState::running;
  const bool told = nemesis::cpu_time_of(process).has_value() && nemesis::age_of(process).has_value();
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
  if (!stopped || !resumed || !told)
    throw SandboxError("a process could not be stopped, resumed and asked for its processor time", "mount /proc");
  return "by SIGSTOP and SIGCONT in turn, with root and without; no cgroup is used, since it would outlive the harness";
}

// Every packet from n1 to n2 comes late: so the queue, its rule and the verdict all work.
std::string try_queue() {
  const Network network(2);
  const SandboxNode &n1 = network.nodes()[0], &n2 = network.nodes()[1];
  nemesis::Iptables iptables;
  const nemesis::InNode in_n2{n2.name, n2.network_namespace, nemesis::rules_to_queue(1, {n1.address}, std::nullopt)};
  const int at_n1 = socket_in(n1), at_n2 = socket_in(n2);
  require_packet(at_n1, n2, at_n2);
  nemesis::PacketDelays delays;
  delays.listen(n2.name, n2.network_namespace);
  delays.strike(1, {n1.name, n2.name, n1.address}, {.kind = nemesis::PacketKind::delay});
  iptables.restore({in_n2});
  require_packet(at_n1, n2, at_n2);
  const auto counts = delays.counts(1);
  if (counts.at({n1.name, n2.name}).delayed != 1)
    throw SandboxError("a packet passed the queue", "load the kernel's modules: sudo modprobe xt_NFQUEUE");
  return "NFQUEUE held a packet back and let it go: delay, loss, duplicates, reordering, corruption, rate; netem is "
         "not "
         "used, also where the kernel has it, since it does not tell which packet it struck";
}

}  // namespace

Probe probe_packets() {
  return in_sandbox("queue of packets in a node", try_queue);
}

std::vector<Probe> probe_machine() {
  const bool user_namespace = !may_create_namespaces_itself();
  std::vector<Probe> probes;
  if (user_namespace)
    probes.push_back(in_child("user namespace", [] { return try_namespaces(0, true); }));
  else
    probes.push_back({"user namespace", true, "not needed: this user may create the others without", ""});
  struct Kind {
    const char* what;
    int flag;
  };
  for (const Kind kind : {Kind{"mount namespace", CLONE_NEWNS}, Kind{"PID namespace", CLONE_NEWPID},
                          Kind{"network namespace", CLONE_NEWNET}, Kind{"UTS namespace", CLONE_NEWUTS},
                          Kind{"IPC namespace", CLONE_NEWIPC}})
    probes.push_back(in_child(kind.what, [&] { return try_namespaces(kind.flag, user_namespace); }));
  probes.push_back(in_sandbox("sandbox", [] { return std::string("it starts and ends"); }));
  probes.push_back(in_sandbox("network of nodes", try_network));
  probes.push_back(in_sandbox("iptables in a node", try_iptables));
  probes.push_back(in_child("starvation of a node", try_starvation));
  probes.push_back(in_child("faults of clocks", try_clocks));
  probes.push_back(in_child("faults of disks", try_disk_filter));
  probes.push_back(probe_packets());
  return probes;
}

}  // namespace ordeal::harness
