#include "target-raftd/daemon/http_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <unordered_set>
#include <vector>

#include "target-raftd/daemon/http_messages.h"
#include "target-raftd/net/listen.h"

namespace raftd::daemon {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using Error = boost::system::error_code;

namespace {
constexpr std::size_t read_size = 8 << 10;
}

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(asio::io_context& loop, const net::Address& address, Limits l, Handle h)
      : limits(l), handle(std::move(h)), acceptor(net::listen(loop.get_executor(), address)), pause(loop), tick(loop) {}

  void accept();
  void sweep();

  Limits limits;
  Handle handle;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  asio::steady_timer tick;
  std::unordered_set<Connection*> connections;
  std::array<char, 16 << 10> unread;  // what clients send that nobody reads any more
  bool stopped = false;
};

// Reads a request, has it handled, writes the answer, and so on until one side has enough. Pipelined requests wait in
// the reader, at most as many as one read brought.
//
//   idle -first byte-> reading -last byte-> handling -answer-> answering -taken-> idle, or leaving
//
// It lives as long as somebody waits for something on its behalf: the socket for bytes, or the handler with its answer.
class HttpServer::Connection : public std::enable_shared_from_this<HttpServer::Connection> {
 public:
  Connection(std::shared_ptr<State> state, tcp::socket socket)
      : state_(std::move(state)),
        socket_(std::move(socket)),
        reader_(state_->limits.header_bytes, state_->limits.body_bytes) {
    state_->connections.insert(this);
    Error ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
  }
  ~Connection() { state_->connections.erase(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() {
    enter(Phase::idle, state_->limits.idle_time);
    if (state_->connections.size() > state_->limits.connections) {
      return refuse_and_leave(refuse(503, "overloaded", "too many connections; close some"));
    }
    go_on();
  }

  void close_if_late(Clock::time_point now) {
    if (now < deadline_) return;
    Error ignored;
    if (phase_ == Phase::reading) {
      late_ = true;
      socket_.cancel(ignored);  // so that nothing reads while we say why
    } else {
      socket_.close(ignored);
    }
  }

 private:
  enum class Phase { idle, reading, handling, answering, leaving };

  void enter(Phase phase, Clock::duration time) {
    phase_ = phase;
    deadline_ = Clock::now() + time;
  }

  // Serves what the reader has until there is something to wait for. A loop, since a handler that answers at once
  // would otherwise call us from within ourselves, once per pipelined request.
  void go_on() {
    if (going_on_) return;
    going_on_ = true;
    while (phase_ == Phase::idle || phase_ == Phase::reading) {
      auto next = reader_.next();
      if (auto* request = std::get_if<HttpReader::Request>(&next)) {
        handle(std::move(*request));
      } else if (const auto* refusal = std::get_if<HttpResponse>(&next)) {
        refuse_and_leave(*refusal);
      } else {
        read(std::get<HttpReader::NeedMore>(next));
        break;
      }
    }
    going_on_ = false;
  }

  void read(HttpReader::NeedMore need) {
    if (phase_ == Phase::idle && need.begun) enter(Phase::reading, state_->limits.request_time);
    if (need.continues && !send_continue()) return;
    const auto room = reader_.prepare(read_size);
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [self = shared_from_this()](const Error& error, std::size_t size) {
                              if (!self->state_->stopped) self->take(error, size);
                            });
  }

  void take(const Error& error, std::size_t size) {
    if (late_) return refuse_and_leave(refuse(408, "slow", "the request did not arrive in time"));
    if (error) return;  // The last reference goes, and the connection with it.
    reader_.commit(size);
    go_on();
  }

  // A client without room for these few bytes may do without them; half of them would spoil the stream.
  bool send_continue() {
    constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
    const ssize_t sent = ::send(socket_.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent == static_cast<ssize_t>(text.size()) || (sent < 0 && errno == EAGAIN);
  }

  void handle(HttpReader::Request request) {
    manners_ = request.manners;
    phase_ = Phase::handling;
    deadline_ = Clock::time_point::max();
    if (state_->stopped) return;
    state_->handle(request.request,
                   [self = shared_from_this()](const HttpResponse& response) { self->answer(response); });
  }

  void refuse_and_leave(const HttpResponse& refusal) {
    manners_ = {.keep_alive = false};
    answer(refusal);
  }

  // Nearly always the socket takes all of it at once.
  void answer(const HttpResponse& response) {
    if (state_->stopped) return;
    text_ = encode(response, manners_);
    enter(Phase::answering, state_->limits.answer_time);
    const ssize_t sent = ::send(socket_.native_handle(), text_.data(), text_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(text_.size())) return answered();
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return;
    const auto rest = asio::buffer(text_) + static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    asio::async_write(socket_, rest, [self = shared_from_this()](const Error& error, std::size_t) {
      if (!error && !self->state_->stopped) self->answered();
    });
  }

  void answered() {
    text_.clear();
    if (!manners_.keep_alive) return leave();
    enter(Phase::idle, state_->limits.idle_time);
    go_on();
  }

  // A client that is still sending would be reset, and might lose the answer, if we just closed: hear it out, a little.
  void leave() {
    Error ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    enter(Phase::leaving, state_->limits.farewell_time);
    discard();
  }

  void discard() {
    socket_.async_read_some(asio::buffer(state_->unread), [self = shared_from_this()](const Error& error, std::size_t) {
      if (!error && !self->state_->stopped) self->discard();
    });
  }

  std::shared_ptr<State> state_;
  tcp::socket socket_;
  HttpReader reader_;
  HttpManners manners_;  // of the request that is being handled
  std::string text_;     // the answer
  Phase phase_ = Phase::idle;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool late_ = false;
  bool going_on_ = false;
};

void HttpServer::State::accept() {
  acceptor.async_accept([self = shared_from_this()](const Error& error, tcp::socket socket) {
    if (self->stopped) return;
    if (!error) {
      // Those over the limit are told so; but telling takes a while and a descriptor, so that is limited, too.
      if (self->connections.size() <
          self->limits.connections + std::max<std::size_t>(self->limits.connections / 4, 1)) {
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

// A timer per request would cost more than the request. Closing only cancels what a connection waits for, so that none
// goes away in here.
void HttpServer::State::sweep() {
  tick.expires_after(limits.sweep_period);
  tick.async_wait([self = shared_from_this()](const Error& error) {
    if (error || self->stopped) return;
    const auto now = Clock::now();
    for (Connection* connection : self->connections) connection->close_if_late(now);
    self->sweep();
  });
}

HttpServer::HttpServer(asio::io_context& loop, const net::Address& address, Limits limits, Handle handle)
    : state_(std::make_shared<State>(loop, address, limits, std::move(handle))) {
  state_->accept();
  state_->sweep();
}

HttpServer::~HttpServer() {
  state_->stopped = true;
  state_->handle = {};
  Error ignored;
  state_->acceptor.close(ignored);
  state_->tick.cancel();
}

std::uint16_t HttpServer::port() const {
  return state_->acceptor.local_endpoint().port();
}

}  // namespace raftd::daemon
