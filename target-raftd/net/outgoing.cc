#include "target-raftd/net/outgoing.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>

namespace raftd::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

std::uint64_t random_start() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

Outgoing::Outgoing(std::shared_ptr<const Local> local, raft::NodeId peer, Address address,
                   std::shared_ptr<PeerCounters> counters)
    : local_(std::move(local)),
      peer_(peer),
      address_(std::move(address)),
      counters_(std::move(counters)),
      next_forward_(random_start()) {}

void Outgoing::start() {
  // The coroutine owns this object for as long as it runs.
  asio::co_spawn(
      local_->loop, [self = shared_from_this()] { return self->dial_forever(); }, asio::detached);
}

void Outgoing::close(std::string reason) {
  gone_ = true;
  if (local_->stopped) forwards_.clear();
  if (link_) link_->close(std::move(reason));
}

void Outgoing::send(raft::Message message) {
  const bool sent = greeted_ && link_->send(std::move(message));
  ++(sent ? counters_->messages_out : counters_->dropped);
}

bool Outgoing::forward(std::string command, Peers::Done done) {
  const std::uint64_t id = next_forward_++;
  if (!greeted_ || !link_->send(Forward{.id = id, .command = std::move(command)})) return false;
  ++counters_->messages_out;
  forwards_.emplace(id, std::move(done));
  return true;
}

void Outgoing::say_hello() {
  if (link_) link_->send(local_->hello_to(peer_));
}

void Outgoing::ping() {
  if (greeted_) link_->send(Ping{});
}

void Outgoing::check_silence(Link::Clock::time_point now) {
  if (link_) link_->check_silence(now);
}

void Outgoing::forgive_silence(Link::Clock::time_point now) {
  if (link_) link_->forgive_silence(now);
}

asio::awaitable<void> Outgoing::dial_forever() {
  milliseconds back_off = local_->config.shortest_back_off;
  while (!local_->stopped && !gone_) {
    const std::string failure = co_await dial_once();
    if (local_->stopped) break;
    const bool was_up = greeted_;
    lose();
    if (gone_) break;
    if (was_up) back_off = local_->config.shortest_back_off;
    if (was_up || failure != last_failure_) {
      spdlog::warn("no connection to server {} at {}: {}", peer_, to_string(address_), failure);
      last_failure_ = failure;
    }
    asio::steady_timer timer(local_->loop, back_off);
    co_await timer.async_wait(no_throw);
    back_off = std::min(2 * back_off, local_->config.longest_back_off);
  }
}

// Connects, and reads replies until the connection ends; says why it ended.
asio::awaitable<std::string> Outgoing::dial_once() {
  boost::system::error_code error;
  tcp::socket socket = co_await connect(error);
  if (error) co_return error == asio::error::operation_aborted ? "connecting took too long" : error.message();
  if (local_->stopped || gone_) co_return "no longer wanted";
  const auto link = std::make_shared<Link>(std::move(socket), local_->config.max_queue_bytes, local_->config.silence);
  link_ = link;
  link->count(counters_);
  say_hello();
  while (std::optional<Frame> frame = co_await link->receive()) {
    if (local_->stopped) break;
    if (std::string wrong = take(std::move(*frame)); !wrong.empty()) link->reject(std::move(wrong));
  }
  co_return link->closed_because();
}

asio::awaitable<tcp::socket> Outgoing::connect(boost::system::error_code& error) {
  tcp::endpoint endpoint(asio::ip::make_address(address_.host, error), address_.port);
  if (error) {
    tcp::resolver resolver(local_->loop);
    auto [failure, found] = co_await resolver.async_resolve(address_.host, std::to_string(address_.port), no_throw);
    error = failure;
    if (error) co_return tcp::socket(local_->loop);
    endpoint = *found.begin();
  }
  const auto socket = std::make_shared<tcp::socket>(local_->loop);
  asio::steady_timer timer(local_->loop, local_->config.connect_timeout);
  timer.async_wait([socket](const boost::system::error_code& cancelled) {
    boost::system::error_code ignored;
    if (!cancelled) socket->close(ignored);
  });
  std::tie(error) = co_await socket->async_connect(endpoint, no_throw);
  // The timer may have fired already and wait in the queue with a hold on the socket: it gets an empty one.
  if (timer.cancel() == 0 && !error) error = asio::error::operation_aborted;
  co_return std::move(*socket);
}

// What is wrong with a frame that came; empty: nothing.
std::string Outgoing::take(Frame frame) {
  if (const auto* hello = std::get_if<Hello>(&frame)) return greet(*hello);
  if (!greeted_) return "an unexpected frame";
  if (const auto* reply = std::get_if<ForwardReply>(&frame)) {
    ++counters_->messages_in;
    answer(*reply);
    return {};
  }
  if (auto* message = std::get_if<raft::Message>(&frame)) {  // that server does not dial this one
    ++counters_->messages_in;
    local_->handlers.on_message({.peer = peer_, .message = std::move(*message)});
    return {};
  }
  return std::holds_alternative<Pong>(frame) ? "" : "an unexpected frame";
}

std::string Outgoing::greet(const Hello& hello) {
  std::string wrong = objection(hello, local_->hello_to(peer_));
  if (hello.version == protocol_version && hello.from != peer_) {
    wrong = fmt::format("server {} answers there", hello.from);
  }
  const bool again = std::exchange(greeted_, wrong.empty());
  if (!greeted_ || again) return wrong;
  if (std::exchange(connected_once_, true)) ++counters_->reconnects;
  spdlog::info("connected to server {} at {}", peer_, to_string(address_));
  last_failure_.clear();
  return {};
}

void Outgoing::answer(const ForwardReply& reply) {
  const auto found = forwards_.find(reply.id);
  if (found == forwards_.end()) return;
  const Peers::Done done = std::move(found->second);
  forwards_.erase(found);
  done(reply.outcome);
}

void Outgoing::lose() {
  greeted_ = false;
  link_.reset();
  for (auto& [id, done] : std::exchange(forwards_, {})) done(std::nullopt);
}

}  // namespace raftd::net
