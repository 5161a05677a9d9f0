#include "target-raftd/daemon/http_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>

#include "target-raftd/net/listen.h"

namespace raftd::daemon {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Error = boost::system::error_code;

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(asio::io_context& loop, const net::Address& address, Limits l, Handle h)
      : limits(l), handle(std::move(h)), acceptor(net::listen(loop.get_executor(), address)), pause(loop) {}

  void accept();

  Limits limits;
  Handle handle;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::size_t connections = 0;
  bool stopped = false;
};

// Reads a request, has it handled, writes the answer, and so on until one side has enough.
class HttpServer::Connection : public std::enable_shared_from_this<HttpServer::Connection> {
 public:
  Connection(std::shared_ptr<State> state, tcp::socket socket) : state_(std::move(state)), stream_(std::move(socket)) {
    ++state_->connections;
    Error ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
  }
  ~Connection() { --state_->connections; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() {
    if (state_->connections > state_->limits.connections) {
      keep_alive_ = false;
      return write(refuse(503, "overloaded", "too many connections; close some"));
    }
    wait_for_request();
  }

 private:
  void wait_for_request() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(state_->limits.header_bytes));
    parser_->body_limit(state_->limits.body_bytes);
    if (buffer_.size() > 0) return read_request();
    stream_.expires_after(state_->limits.idle_time);
    stream_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](const Error& error, std::size_t size) {
      if (error) return;  // The last reference goes, and the connection with it.
      self->buffer_.commit(size);
      self->read_request();
    });
  }

  void read_request() {
    stream_.expires_after(state_->limits.request_time);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](const Error& error, std::size_t) {
      error ? self->refuse_request(error) : self->handle_request();
    });
  }

  void refuse_request(const Error& error) {
    keep_alive_ = false;
    if (error == http::error::body_limit) {
      write(refuse(413, "too_large", fmt::format("a body has at most {} bytes", state_->limits.body_bytes)));
    } else if (error == http::error::header_limit) {
      write(refuse(431, "too_large", fmt::format("a header has at most {} bytes", state_->limits.header_bytes)));
    } else if (error == beast::error::timeout) {
      write(refuse(408, "slow", "the request did not arrive in time"));
    } else if (error.category() == make_error_code(http::error::bad_method).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
      write(refuse(400, "bad_request", fmt::format("this is not HTTP/1.1: {}", error.message())));
    }
  }

  void handle_request() {
    if (state_->stopped) return;
    auto& message = parser_->get();
    keep_alive_ = message.keep_alive();
    HttpRequest request{.method = std::string(message.method_string()),
                        .target = std::string(message.target()),
                        .session = header("Session"),
                        .serial = header("Serial"),
                        .body = std::move(message.body())};
    stream_.expires_never();
    state_->handle(request, [self = shared_from_this()](const HttpResponse& response) { self->write(response); });
  }

  std::optional<std::string> header(std::string_view name) const {
    const auto found = parser_->get().find(beast::string_view(name.data(), name.size()));
    if (found == parser_->get().end()) return {};
    return std::string(found->value());
  }

  void write(const HttpResponse& response) {
    response_.emplace(static_cast<http::status>(response.status), 11);
    response_->set(http::field::content_type, "application/json");
    response_->keep_alive(keep_alive_);
    response_->body() = response.body;
    response_->prepare_payload();
    stream_.expires_after(state_->limits.request_time);
    http::async_write(stream_, *response_, [self = shared_from_this()](const Error& error, std::size_t) {
      if (error || self->state_->stopped) return;
      self->keep_alive_ ? self->wait_for_request() : self->end();
    });
  }

  // A client that is still sending would be reset, and might lose the answer, if we just closed: hear it out, a little.
  void end() {
    Error ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(2));
    discard();
  }

  void discard() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(64 << 10), [self = shared_from_this()](const Error& error, std::size_t) {
      if (!error) self->discard();
    });
  }

  std::shared_ptr<State> state_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  bool keep_alive_ = true;
};

void HttpServer::State::accept() {
  acceptor.async_accept([self = shared_from_this()](const Error& error, tcp::socket socket) {
    if (self->stopped) return;
    if (!error) {
      // Those over the limit are told so; but telling takes a while and a descriptor, so that is limited, too.
      if (self->connections < self->limits.connections + self->limits.connections / 4) {
        std::make_shared<Connection>(self, std::move(socket))->start();
      }
      return self->accept();
    }
    // Out of descriptors, most likely: let some connections end first.
    self->pause.expires_after(std::chrono::milliseconds(50));
    self->pause.async_wait([self](const Error&) {
      if (!self->stopped) self->accept();
    });
  });
}

HttpServer::HttpServer(asio::io_context& loop, const net::Address& address, Limits limits, Handle handle)
    : state_(std::make_shared<State>(loop, address, limits, std::move(handle))) {
  state_->accept();
}

HttpServer::~HttpServer() {
  state_->stopped = true;
  state_->handle = {};
  Error ignored;
  state_->acceptor.close(ignored);
}

}  // namespace raftd::daemon
