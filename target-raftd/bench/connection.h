// A connection to a server on loopback, and single questions over one. One thread each.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "target-raftd/bench/child.h"
#include "target-raftd/bench/dialect.h"

namespace raftd::bench {

// A TCP socket. Plain system calls rather than Asio: every microsecond of the client is taken from the servers, which
// share its cores, and a level-triggered epoll loop over sockets needs the fewest.
class Connection {
 public:
  Connection() = default;
  ~Connection() { close(); }
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;

  bool open(Port port);  // false: refused
  void close();
  int descriptor() const { return fd_; }

  bool send(std::string_view bytes) const;  // all of it or false
  // What has arrived, at least one byte; empty: closed. Waits `patience` for it; 0: asks just once.
  enum class Received : std::uint8_t { some, nothing, closed };
  Received receive(HttpReader& into, std::chrono::milliseconds patience) const;

 private:
  int fd_ = -1;
};

// One request over a connection of its own. nullopt: no whole answer in time.
struct OwnedAnswer {
  unsigned status = 0;
  std::string body;
};
std::optional<OwnedAnswer> ask(Port port, std::string_view request, std::chrono::milliseconds patience);

std::optional<ServerStatus> ask_status(System system, Port port);

}  // namespace raftd::bench
