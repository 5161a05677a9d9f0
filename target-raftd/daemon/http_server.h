// HTTP/1.1 with keep-alive for clients. One thread: the one that runs the io_context.
//
// Whatever a client sends or does not send, it costs a bounded amount of memory and time: connections, header, body,
// and the time for sending a request are limited.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "target-raftd/daemon/api.h"
#include "target-raftd/net/address.h"

namespace boost::asio {
class io_context;
}

namespace raftd::daemon {

class HttpServer {
 public:
  // Who comes over the limit of connections is told so (503) and closed; those who are there keep theirs.
  struct Limits {
    std::size_t connections = 2048;
    std::size_t header_bytes = 8 << 10;
    std::size_t body_bytes = max_body_bytes;
    std::chrono::milliseconds request_time{10'000};  // from the first byte of a request to its last
    std::chrono::milliseconds answer_time{10'000};   // for the client to take an answer
    std::chrono::milliseconds idle_time{300'000};    // between requests
    std::chrono::milliseconds farewell_time{2'000};  // from the last answer until we close, if the client does not
    std::chrono::milliseconds sweep_period{250};     // how often these are looked at: each may take so much longer
  };

  // `handle` may answer at once or later, exactly once.
  using Respond = std::function<void(const HttpResponse&)>;
  using Handle = std::function<void(const HttpRequest&, Respond)>;

  // Listens at once; throws std::runtime_error when it cannot.
  HttpServer(boost::asio::io_context& loop, const net::Address& address, Limits limits, Handle handle);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;  // where it listens; of interest if the address said 0, any free one

 private:
  struct State;
  class Connection;
  std::shared_ptr<State> state_;
};

}  // namespace raftd::daemon
