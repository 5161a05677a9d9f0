#include "harness/clients/testing/scripted_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>

namespace ordeal::harness {
namespace {

void require(bool holds, const char* what) {
  if (!holds) throw std::system_error(errno, std::generic_category(), what);
}

int bound_socket(int type_flags) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | type_flags, 0);
  require(descriptor >= 0, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  return descriptor;
}

sockaddr_in bound_address(int descriptor) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  require(getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  return address;
}

std::string address_text(int descriptor) {
  return fmt::format("127.0.0.1:{}", ntohs(bound_address(descriptor).sin_port));
}

struct Stopped {};  // thrown when the server ends while a script waits

// Length of the request at the front of `bytes`, or 0 when it is not complete yet.
std::size_t request_length(const std::string& bytes) {
  std::size_t head = bytes.find("\r\n\r\n");
  if (head == std::string::npos) return 0;
  std::size_t length = head + 4;
  const std::string field = "Content-Length: ";
  std::size_t at = bytes.find(field);
  if (at < head) length += std::strtoul(bytes.c_str() + at + field.size(), nullptr, 10);
  return bytes.size() >= length ? length : 0;
}

}  // namespace

struct ScriptedServer::State {
  explicit State(std::vector<Script> given) : scripts(std::move(given)) {
    require(listen(listener, 16) == 0, "listen");
    thread = std::thread([this] { play_all(); });
  }

  ~State() {
    require(eventfd_write(stop, 1) == 0, "eventfd");
    thread.join();
    for (int descriptor : kept_open) close(descriptor);
    close(listener);
    close(stop);
  }

  void play_all() {
    try {
      for (const Script& script : scripts) play(script);
    } catch (const Stopped&) {
    }
  }

  void play(const Script& script) {
    wait_for(listener);
    connection = accept(listener, nullptr, nullptr);
    require(connection >= 0, "accept");
    kept_open.push_back(connection);
    pending.clear();
    {
      std::lock_guard lock(mutex);
      ++begun;
    }
    for (const Step& step : script) std::visit([this](const auto& s) { take(s); }, step);
    std::lock_guard lock(mutex);
    ++played;
    changed.notify_all();
  }

  void take(const ReceiveRequest&) {
    while (request_length(pending) == 0 && receive_more()) {
    }
    std::size_t length = request_length(pending);
    std::lock_guard lock(mutex);
    requests.push_back(pending.substr(0, length));
    pending.erase(0, length);
  }

  void take(const ReceiveBytes& bytes) {
    while (pending.size() < bytes.count && receive_more()) {
    }
  }

  // The client may be gone already: that is for the test to find, not for the server.
  void take(const Send& what) { (void)send(connection, what.bytes.data(), what.bytes.size(), MSG_NOSIGNAL); }

  // The end of file is sent first and its acknowledgement awaited, so that a test knows what the other side knows.
  void take(const Close&) {
    (void)shutdown(connection, SHUT_WR);
    while (tcp_state() == TCP_FIN_WAIT1) std::this_thread::yield();
    close_connection();
  }

  void take(const Reset&) {
    linger immediately{1, 0};
    require(setsockopt(connection, SOL_SOCKET, SO_LINGER, &immediately, sizeof immediately) == 0, "linger");
    close_connection();
  }

  void close_connection() {
    close(connection);
    kept_open.pop_back();
  }

  int tcp_state() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    require(getsockopt(connection, IPPROTO_TCP, TCP_INFO, &info, &size) == 0, "TCP_INFO");
    return info.tcpi_state;
  }

  bool receive_more() {
    wait_for(connection);
    char bytes[4096];
    ssize_t got = recv(connection, bytes, sizeof bytes, 0);
    if (got > 0) pending.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }

  void wait_for(int descriptor) const {
    pollfd both[]{{descriptor, POLLIN, 0}, {stop, POLLIN, 0}};
    require(poll(both, 2, -1) > 0, "poll");
    if (both[1].revents != 0) throw Stopped{};
  }

  const std::vector<Script> scripts;
  const int listener = bound_socket(0);
  const int stop = eventfd(0, EFD_CLOEXEC);
  int connection = -1;  // these three belong to the thread
  std::vector<int> kept_open;
  std::string pending;
  mutable std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::vector<std::string> requests;
  std::size_t begun = 0, played = 0;
  std::thread thread;
};

ScriptedServer::ScriptedServer(std::vector<Script> scripts) : state_(std::make_unique<State>(std::move(scripts))) {}
ScriptedServer::~ScriptedServer() = default;

std::string ScriptedServer::address() const {
  return address_text(state_->listener);
}

void ScriptedServer::wait_until_played(std::size_t script) {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return state_->played > script; });
}

std::vector<std::string> ScriptedServer::received() const {
  std::lock_guard lock(state_->mutex);
  return state_->requests;
}

std::size_t ScriptedServer::scripts_begun() const {
  std::lock_guard lock(state_->mutex);
  return state_->begun;
}

std::string http_answer(int status, const std::string& body) {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", status,
                     body.size(), body);
}

RefusingPort::RefusingPort() : descriptor_(bound_socket(0)) {}
RefusingPort::~RefusingPort() {
  close(descriptor_);
}
std::string RefusingPort::address() const {
  return address_text(descriptor_);
}

SilentPort::SilentPort() : descriptor_(bound_socket(0)) {
  require(listen(descriptor_, 0) == 0, "listen");
  sockaddr_in address = bound_address(descriptor_);
  for (int i = 0; i < 4; ++i) {  // more than the queue of a backlog of 0 holds
    queue_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    int result = connect(queue_.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    require(result == 0 || errno == EINPROGRESS, "connect");
  }
}

SilentPort::~SilentPort() {
  for (int connection : queue_) close(connection);
  close(descriptor_);
}

std::string SilentPort::address() const {
  return address_text(descriptor_);
}

}  // namespace ordeal::harness
