#include "target-raftd/bench/ceiling.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace raftd::bench {
namespace {

constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"value\":\"up\"}";

int listen_on(Port port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(fd, 4096) == 0)
    return fd;
  ::close(fd);
  throw std::runtime_error("cannot listen on loopback");
}

// Clients send small requests one at a time, so whatever one recv() finds is one request.
[[noreturn]] void serve(int listener) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const auto watch = [&](int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  };
  watch(listener);
  std::array<epoll_event, 256> events;
  std::array<char, 8192> buffer;
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        watch(::accept(listener, nullptr, nullptr));
      } else if (::recv(fd, buffer.data(), buffer.size(), 0) <= 0 ||
                 ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) {
        ::close(fd);
      }
    }
  }
}

}  // namespace

Measured measure_ceiling(std::size_t clients, std::chrono::milliseconds duration) {
  const Port port = free_port();
  const int listener = listen_on(port);  // before the fork, so that clients find it
  const pid_t parent = ::getpid();
  const pid_t server = ::fork();
  if (server == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    serve(listener);
  }
  ::close(listener);
  if (server < 0) throw std::runtime_error("cannot fork");
  Exchange exchange = read_of(System::raftd, "key", "up");
  const Measured measured = run({.ports = std::vector<Port>(clients, port),
                                 .exchanges = {&exchange, 1},
                                 .warm_up = std::chrono::milliseconds(200),
                                 .duration = duration});
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  return measured;
}

}  // namespace raftd::bench
