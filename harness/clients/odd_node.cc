#include "harness/clients/odd_node.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ordeal::harness {
namespace {

void require(bool holds, const char* what) {
  if (!holds) throw std::system_error(errno, std::generic_category(), what);
}

constexpr int queue_length = 4096;  // nobody ever waits to be connected to a silent node
constexpr char nonsense[] = "\0\0\0\x05+-$-1\r\n{]\n\xff\xfe INFO {\"\r\nHTTP/1.1 200 OK\r\n\r\n:7\r\n";

}  // namespace

OddNode::OddNode(Oddity oddity)
    : oddity_(oddity), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  require(socket_.get() >= 0 && stop_.get() >= 0, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  if (oddity == Oddity::refuses) return;  // the port is taken, so that nobody else gets it
  require(::listen(socket_.get(), queue_length) == 0, "listen");
  if (oddity != Oddity::silent) thread_ = std::thread([this] { serve(); });
}

OddNode::~OddNode() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

std::string OddNode::address() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  require(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  return fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
}

void OddNode::serve() {
  while (true) {
    pollfd wait[] = {{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (::poll(wait, 2, -1) < 0 && errno != EINTR) return;
    if (wait[1].revents != 0) return;
    const OwnedDescriptor connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.get() < 0) continue;
    if (oddity_ == Oddity::babbles) ::send(connection.get(), nonsense, sizeof nonsense, MSG_NOSIGNAL);
    pollfd heard[] = {{connection.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    ::poll(heard, 2, 100);  // a client that waits to be greeted is closed without having said anything
    char bytes[4096];
    if ((heard[0].revents & POLLIN) != 0) ::recv(connection.get(), bytes, sizeof bytes, MSG_DONTWAIT);
  }
}

}  // namespace ordeal::harness
