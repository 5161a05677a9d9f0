#include "target-raftd/net/link.h"

#include <fmt/format.h>
#include <netinet/tcp.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace raftd::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t read_size = std::size_t{64} << 10;

std::string describe(const tcp::endpoint& endpoint) {
  return fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

void set_options(tcp::socket& socket, std::chrono::milliseconds silence) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  using user_timeout = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;
  socket.set_option(user_timeout(static_cast<int>(silence.count())), ignored);
}

}  // namespace

Link::Link(tcp::socket socket, std::size_t max_queue_bytes, std::chrono::milliseconds silence)
    : socket_(std::move(socket)),
      max_queue_bytes_(max_queue_bytes),
      silence_(silence),
      received_(read_size, '\0'),
      last_received_(Clock::now()) {
  boost::system::error_code ignored;
  remote_ = describe(socket_.remote_endpoint(ignored));
  set_options(socket_, silence_);
}

bool Link::send(const Frame& frame) {
  if (!open()) return false;
  const std::size_t before = queue_.size();
  if (!encode(frame, queue_)) return false;
  if (before > 0 && queue_.size() > max_queue_bytes_) {
    queue_.resize(before);
    return false;
  }
  if (counters_) counters_->bytes_out += queue_.size() - before;
  write_soon();
  return true;
}

void Link::write_soon() {
  if (!writing_.empty() || write_posted_) return;
  write_posted_ = true;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->write_posted_ = false;
    if (self->open() && self->writing_.empty() && !self->queue_.empty()) self->write_queue();
  });
}

void Link::write_queue() {
  writing_.clear();
  writing_.swap(queue_);
  asio::async_write(socket_, asio::buffer(writing_),
                    [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                      self->writing_.clear();
                      if (error) return self->close(error.message());
                      if (self->open() && !self->queue_.empty()) self->write_queue();
                    });
}

asio::awaitable<std::optional<Frame>> Link::receive() {
  const auto self = shared_from_this();
  while (open()) {
    if (std::optional<Frame> frame = reader_.next()) co_return frame;
    if (!reader_.broken().empty()) {
      reject(reader_.broken());
      break;
    }
    const auto [error, size] =
        co_await socket_.async_read_some(asio::buffer(received_), asio::as_tuple(asio::use_awaitable));
    if (error) {
      close(error == asio::error::eof ? "closed by the other side" : error.message());
      break;
    }
    last_received_ = Clock::now();
    if (counters_) counters_->bytes_in += size;
    reader_.add(std::string_view(received_).substr(0, size));
  }
  co_return std::nullopt;
}

void Link::check_silence(Clock::time_point now) {
  if (now - last_received_ >= silence_) close(fmt::format("silent for {} ms", silence_.count()));
}

void Link::reject(std::string reason) {
  if (!open()) return;
  rejected_ = true;
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  if (writing_.empty() && !queue_.empty()) socket_.write_some(asio::buffer(queue_), ignored);
  close(std::move(reason));
}

void Link::close(std::string reason) {
  if (!open()) return;
  closed_because_ = std::move(reason);
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace raftd::net
