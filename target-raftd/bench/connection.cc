#include "target-raftd/bench/connection.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace raftd::bench {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

Connection::Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

bool Connection::open(Port port) {
  close();
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close();
    return false;
  }
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return true;
}

void Connection::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool Connection::send(std::string_view bytes) const {
  // A request is far smaller than the socket's buffer, and the one before it was answered.
  return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(bytes.size());
}

Connection::Received Connection::receive(HttpReader& into, std::chrono::milliseconds patience) const {
  if (patience > 0ms) {
    pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&wanted, 1, static_cast<int>(patience.count())) <= 0) return Received::nothing;
  }
  std::array<char, 8192> buffer;
  const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return Received::nothing;
  if (size <= 0) return Received::closed;
  into.add({buffer.data(), static_cast<std::size_t>(size)});
  return Received::some;
}

std::optional<OwnedAnswer> ask(Port port, std::string_view request, std::chrono::milliseconds patience) {
  Connection connection;
  if (!connection.open(port) || !connection.send(request)) return {};
  HttpReader reader;
  const auto end = Clock::now() + patience;
  while (Clock::now() < end && !reader.broken()) {
    if (const auto answer = reader.next()) return OwnedAnswer{answer->status, std::string(answer->body)};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (connection.receive(reader, std::max(1ms, left)) == Connection::Received::closed) break;
  }
  return {};
}

std::optional<ServerStatus> ask_status(System system, Port port) {
  const auto answer = ask(port, status_request(system), 1s);
  if (!answer) return {};
  return parse_status(system, {.status = answer->status, .body = answer->body});
}

}  // namespace raftd::bench
