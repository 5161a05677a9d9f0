#include "target-raftd/daemon/testing/raftd_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

namespace raftd::daemon {

using namespace std::chrono_literals;

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void set_limit(int resource, std::optional<std::size_t> most) {
  if (!most) return;
  const rlimit limit{.rlim_cur = *most, .rlim_max = *most};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

class Socket {
 public:
  Socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool bind(int port) {
    const sockaddr_in address = loopback(port);
    return ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  bool connect(int port) {
    const sockaddr_in address = loopback(port);
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  std::string receive_all() {
    std::string all;
    char buffer[4096];
    for (ssize_t size = 0; (size = ::recv(fd_, buffer, sizeof buffer, 0)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(size));
    }
    return all;
  }

 private:
  int fd_;
};

}  // namespace

std::string Reply::operator[](std::string_view name) const {
  boost::system::error_code failed;
  const boost::json::value parsed = boost::json::parse(body, failed);
  const boost::json::value* value = !failed && parsed.is_object() ? parsed.as_object().if_contains(name) : nullptr;
  if (value == nullptr) return "";
  return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
}

std::string send_raw(int port, const std::string& bytes) {
  Socket socket;
  if (!socket.connect(port)) return "";
  socket.send(bytes);
  return socket.receive_all();
}

Reply http(int port, const std::string& method, const std::string& target, const std::string& body,
           const Headers& headers) {
  std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n", method,
                                    target, body.size());
  for (const auto& [name, value] : headers) request += fmt::format("{}: {}\r\n", name, value);
  const std::string response = send_raw(port, request + "\r\n" + body);
  const std::size_t end = response.find("\r\n\r\n");
  if (!response.starts_with("HTTP/1.1 ") || end == std::string::npos) return {};
  return {.status = static_cast<unsigned>(std::stoul(response.substr(9, 3))), .body = response.substr(end + 4)};
}

IdleConnection::~IdleConnection() {
  if (fd_ >= 0) ::close(fd_);
}

void IdleConnection::open(int port) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

// From below the range in which the kernel chooses the near ends of connections.
int free_port() {
  static std::set<int> given;
  static std::mt19937 random(std::random_device{}());
  for (;;) {
    const int port = 10'000 + static_cast<int>(random() % 20'000);
    if (Socket().bind(port) && given.insert(port).second) return port;
  }
}

bool eventually(const std::function<bool()>& condition) {
  const auto give_up = std::chrono::steady_clock::now() + 90s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

Process::Process(const std::vector<std::string>& arguments, std::filesystem::path log, ProcessLimits limits)
    : log_(std::move(log)) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const std::string log_name = log_.string();
  pid_ = ::fork();
  if (pid_ != 0) return;
  const int out = ::open(log_name.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, STDERR_FILENO);
  ::dup2(out, STDOUT_FILENO);
  set_limit(RLIMIT_FSIZE, limits.file_size);
  set_limit(RLIMIT_NOFILE, limits.descriptors);
  ::execv(argv[0], argv.data());
  std::_Exit(127);
}

Process::~Process() {
  signal(SIGKILL);
  wait();
  // What a sanitizer or an assertion found in there must not pass unnoticed.
  for (const char* alarm : {"Sanitizer", "runtime error:", "Assertion", "terminate called"}) {
    EXPECT_EQ(log().find(alarm), std::string::npos) << log();
  }
}

void Process::signal(int number) {
  if (!ended_) ::kill(pid_, number);
}

int Process::wait() {
  if (!ended_) {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return *ended_;
}

std::string Process::log() const {
  std::ifstream in(log_);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string Process::last_line() const {
  std::string text = log();
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

TestCluster::TestCluster(int size, std::vector<std::string> more_flags)
    : size_(size), more_flags_(std::move(more_flags)) {
  std::string name = (std::filesystem::temp_directory_path() / "raftd-test-XXXXXX").string();
  folder_ = ::mkdtemp(name.data());
  for (int id = 1; id <= size; ++id) add(id);
}

void TestCluster::add(int id) {
  peer_ports_[id] = free_port();
  client_ports_[id] = free_port();
}

std::string TestCluster::peer_address(int id) const {
  return fmt::format("127.0.0.1:{}", peer_port(id));
}

TestCluster::~TestCluster() {
  processes_.clear();
  std::filesystem::remove_all(folder_);
}

std::vector<std::string> TestCluster::command(int id) const {
  std::string cluster;
  for (const auto& [peer, port] : peer_ports_) {
    if (peer > size_ && peer != id) continue;
    cluster += fmt::format("{}{}={}", cluster.empty() ? "" : ",", peer, peer_address(peer));
  }
  std::vector<std::string> arguments = {RAFTD_BINARY,
                                        "--id",
                                        std::to_string(id),
                                        "--cluster",
                                        cluster,
                                        "--client-address",
                                        fmt::format("127.0.0.1:{}", port(id)),
                                        "--data",
                                        data(id).string()};
  arguments.insert(arguments.end(), more_flags_.begin(), more_flags_.end());
  if (id > size_) arguments.push_back("--join");
  return arguments;
}

void TestCluster::start(int id, ProcessLimits limits, const std::vector<std::string>& more_flags) {
  processes_.erase(id);
  std::vector<std::string> arguments = command(id);
  arguments.insert(arguments.end(), more_flags.begin(), more_flags.end());
  processes_[id] = std::make_unique<Process>(arguments, folder_ / fmt::format("{}.log", id), limits);
}

void TestCluster::start_all() {
  for (int id = 1; id <= size(); ++id) start(id);
}

void TestCluster::kill(int id) {
  processes_.erase(id);
}

std::string TestCluster::status(int id, std::string_view name) const {
  return http(port(id), "GET", "/status")[name];
}

int TestCluster::leader() {
  int found = 0;
  const bool settled = eventually([&] {
    found = 0;
    for (const auto& [id, process] : processes_) {
      if (status(id, "role") == "leader") found = id;
    }
    for (const auto& [id, process] : processes_) {
      const Reply one = http(port(id), "GET", "/status");
      if (one["voter"] != "false" && one["leader"] != std::to_string(found)) return false;
    }
    return found != 0;
  });
  if (settled) return found;
  for (const auto& [id, process] : processes_) fmt::print(stderr, "--- server {}\n{}", id, process->log());
  throw std::runtime_error("no leader");
}

int TestCluster::follower() {
  const int leads = leader();
  for (const auto& [id, process] : processes_) {
    if (id != leads) return id;
  }
  throw std::runtime_error("no follower");
}

}  // namespace raftd::daemon
