#include "harness/sandbox/testing/world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace ordeal::harness::testing {
namespace {

constexpr int tcp_port = 7000, udp_port = 7777;

sockaddr_in address_of(const std::string& address, int port) {
  sockaddr_in binary{};
  binary.sin_family = AF_INET;
  binary.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, address.c_str(), &binary.sin_addr);
  return binary;
}

int require(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

int bound_socket(const SandboxNode& node, int type, int port) {
  const InNode inside(node);
  const int made = require(socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_in address = address_of(node.address, port);
  require(bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  return made;
}

[[noreturn]] void run_and_exit(const std::function<int()>& body) {
  int code = 255;
  try {
    code = body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  std::fflush(nullptr);
  _exit(code);
}

std::string why_not(const char* what) {
  static const std::vector<Probe> probes = probe_machine();
  for (const Probe& probe : probes)
    if (probe.what == what && !probe.works) return probe.detail + "; " + probe.cure;
  return "";
}

}  // namespace

pid_t start_fresh_process(const std::function<int()>& body) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) run_and_exit(body);
  return child;
}

// By clone: unshare refuses it to a process with threads, as each is that is built with ThreadSanitizer.
int in_user_namespace(unsigned uid, const std::function<int()>& body) {
  const std::string inside = std::to_string(uid);
  const std::string user = inside + " " + std::to_string(geteuid()) + " 1";
  const std::string group = inside + " " + std::to_string(getegid()) + " 1";
  std::fflush(nullptr);
  const long child = syscall(SYS_clone, SIGCHLD | CLONE_NEWUSER, 0, 0, 0, 0);
  if (child == 0) {
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << user;
    std::ofstream("/proc/self/gid_map") << group;
    run_and_exit(body);
  }
  return await_exit_code(static_cast<pid_t>(require(static_cast<int>(child), "clone")));
}

int await_exit_code(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int in_fresh_process(const std::function<int()>& body) {
  return await_exit_code(start_fresh_process(body));
}

std::string why_no_sandbox() {
  return why_not("network of nodes");
}
std::string why_no_partition() {
  return why_not("iptables in a node");
}
std::string why_no_queue() {
  return why_not("queue of packets in a node");
}

int open_own_network() {
  return require(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "net");
}

bool eventually(const std::function<bool()>& holds, std::chrono::seconds longest) {
  for (const auto deadline = std::chrono::steady_clock::now() + longest; !holds();) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t process = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), process).ec == std::errc{}) found.push_back(process);
  }
  return found;
}

std::set<std::string> namespaces_of(const std::vector<pid_t>& processes) {
  std::set<std::string> found;
  for (const pid_t process : processes)
    for (const char* kind : {"net", "pid", "mnt", "uts", "ipc", "user"}) {
      std::error_code error;
      const auto link = std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/ns/" + kind, error);
      if (!error) found.insert(link.string());
    }
  return found;
}

InNode::InNode(const SandboxNode& node)
    : home_(require(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "net")) {
  require(setns(node.network_namespace, CLONE_NEWNET), "setns");
}

InNode::~InNode() {
  setns(home_, CLONE_NEWNET);
  close(home_);
}

int listener_in(const SandboxNode& node) {
  const int made = bound_socket(node, SOCK_STREAM, tcp_port);
  require(listen(made, 16), "listen");
  return made;
}

bool connects(const SandboxNode& from, const std::string& address, std::chrono::milliseconds within) {
  const InNode inside(from);
  const int made = require(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
  const sockaddr_in binary = address_of(address, tcp_port);
  int error = connect(made, reinterpret_cast<const sockaddr*>(&binary), sizeof binary) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd polled{.fd = made, .events = POLLOUT, .revents = 0};
    socklen_t length = sizeof error;
    if (poll(&polled, 1, static_cast<int>(within.count())) == 1)
      getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &length);
  }
  close(made);
  return error == 0;
}

int dial(const SandboxNode& from, const std::string& address) {
  const InNode inside(from);
  const int made = require(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  const sockaddr_in binary = address_of(address, tcp_port);
  require(connect(made, reinterpret_cast<const sockaddr*>(&binary), sizeof binary), "connect");
  return made;
}

int udp_in(const SandboxNode& node) {
  return bound_socket(node, SOCK_DGRAM, udp_port);
}

void send_udp(int from, const SandboxNode& to, int content) {
  const sockaddr_in binary = address_of(to.address, udp_port);
  const ssize_t sent =
      sendto(from, &content, sizeof content, 0, reinterpret_cast<const sockaddr*>(&binary), sizeof binary);
  require(static_cast<int>(sent), "sendto");
}

bool receives(int udp_socket, int content, std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd polled{.fd = udp_socket, .events = POLLIN, .revents = 0};
    if (poll(&polled, 1, std::max(0, static_cast<int>(left.count()))) != 1) return false;
    int arrived = -1;
    if (recv(udp_socket, &arrived, sizeof arrived, 0) == sizeof arrived && arrived == content) return true;
  }
}

bool receive_udp(int udp_socket, int& content, std::chrono::milliseconds within) {
  pollfd polled{.fd = udp_socket, .events = POLLIN, .revents = 0};
  if (poll(&polled, 1, static_cast<int>(within.count())) != 1) return false;
  return recv(udp_socket, &content, sizeof content, 0) == sizeof content;
}

}  // namespace ordeal::harness::testing
