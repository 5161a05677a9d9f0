// One HTTP/1.1 connection to one address, kept alive between requests and opened when it is needed. One request at a
// time. Used only by the thread that runs its io_context.
//
// It tells honestly how far a request came, because that decides whether it may still take effect. A kept connection
// that the server has closed meanwhile is noticed before a byte is sent, and replaced. When the server closes it in the
// very moment that the request leaves, the request counts as sent and is never sent again: repeating it could apply it
// twice.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/clients/classify.h"

namespace boost::asio {
class io_context;
}

namespace ordeal::harness {

enum class HttpMethod : std::uint8_t { get, put, post, delete_ };

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  std::string target;  // path and query, percent-encoded already
  std::string body;    // empty: none
  // Beside those that every request has. A body is application/json unless it is said here.
  std::vector<std::pair<std::string, std::string>> headers = {};
};

struct HttpAnswer {
  Reach reach = Reach::not_connected;
  std::string transport_error;  // unless answered: "refused", "connect-timeout", "timeout", "reset", "closed",
                                // "bad-answer", ...
  int status = 0;               // when answered
  std::string body;
};

// Everything but letters, digits and -._~ as %XX, so that a key may hold any byte.
std::string percent_encoded(const std::string& text);

class HttpConnection {
 public:
  // Throws std::invalid_argument, naming the address, when it is not ADDRESS:PORT.
  HttpConnection(const std::string& address, boost::asio::io_context& io);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // `timeout` covers connecting, sending and receiving. `request` must live until the return.
  boost::asio::awaitable<HttpAnswer> exchange(const HttpRequest& request, std::chrono::nanoseconds timeout);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::harness
