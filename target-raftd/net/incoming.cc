#include "target-raftd/net/incoming.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "target-raftd/net/listen.h"

namespace raftd::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

}  // namespace

Incoming::Incoming(std::shared_ptr<const Local> local)
    : local_(std::move(local)),
      acceptor_(listen(local_->loop.get_executor(), local_->config.addresses.at(local_->config.id))) {}

void Incoming::start() {
  // The coroutines own this object for as long as they run.
  asio::co_spawn(
      local_->loop, [self = shared_from_this()] { return self->accept_forever(); }, asio::detached);
}

void Incoming::close(const std::string& reason) {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& [link, from] : links_) link->close(reason);
}

void Incoming::send(raft::NodeId peer, raft::Message message) {
  const auto newest = newest_.find(peer);
  if (newest == newest_.end()) return;
  if (const auto link = newest->second.lock()) link->send(std::move(message));
}

void Incoming::say_hello() {
  for (const auto& [link, from] : links_) {
    if (from != 0) link->send(local_->hello_to(from));
  }
}

void Incoming::check_silence(Link::Clock::time_point now) {
  for (const auto& [link, from] : links_) link->check_silence(now);
}

void Incoming::forgive_silence(Link::Clock::time_point now) {
  for (const auto& [link, from] : links_) link->forgive_silence(now);
}

asio::awaitable<void> Incoming::accept_forever() {
  while (!local_->stopped) {
    auto [error, socket] = co_await acceptor_.async_accept(no_throw);
    if (local_->stopped) co_return;
    if (error || links_.size() >= local_->config.max_incoming) {
      // Out of descriptors, or flooded: let some connections end first.
      asio::steady_timer timer(local_->loop, local_->config.shortest_back_off);
      co_await timer.async_wait(no_throw);
      continue;
    }
    // A side that dialled and was merely paused finds its connection alive afterwards: be more patient than it is.
    auto link = std::make_shared<Link>(std::move(socket), local_->config.max_queue_bytes, 5 * local_->config.silence);
    links_.emplace(link, 0);
    asio::co_spawn(
        local_->loop, [self = shared_from_this(), link] { return self->serve(link); }, asio::detached);
  }
}

asio::awaitable<void> Incoming::serve(std::shared_ptr<Link> link) {
  if (std::optional<Frame> first = co_await link->receive(); first && !local_->stopped) {
    if (std::string wrong = greet(link, *first); !wrong.empty()) link->reject(std::move(wrong));
  }
  const raft::NodeId from = links_.at(link);
  while (std::optional<Frame> frame = co_await link->receive()) {
    if (local_->stopped) break;
    if (std::string wrong = serve_frame(link, from, std::move(*frame)); !wrong.empty()) link->reject(std::move(wrong));
  }
  links_.erase(link);
  if (const auto newest = newest_.find(from); newest != newest_.end() && newest->second.lock() == link)
    newest_.erase(newest);
  if (!local_->stopped && (from == 0 || link->rejected())) log_refusal(*link);
}

// What is wrong with the first frame; empty: nothing, and the link belongs to a server from now on.
std::string Incoming::greet(const std::shared_ptr<Link>& link, const Frame& first) {
  const auto* hello = std::get_if<Hello>(&first);
  if (hello == nullptr) return "it did not begin with Hello";
  link->send(local_->hello_to(hello->from));  // also when refused: so the other side can say why
  if (std::string wrong = objection(*hello, local_->hello_to(hello->from)); !wrong.empty()) return wrong;
  if (hello->from == 0 || hello->from == local_->config.id) {
    return fmt::format("it calls itself server {}, this is server {}", hello->from, local_->config.id);
  }
  links_[link] = hello->from;
  newest_[hello->from] = link;
  count(*link, hello->from);
  return {};
}

std::string Incoming::serve_frame(const std::shared_ptr<Link>& link, raft::NodeId from, Frame frame) {
  PeerCounters* counters = count(*link, from);  // now and then a server is dialled only after it has dialled this one
  const bool counts = std::holds_alternative<raft::Message>(frame) || std::holds_alternative<Forward>(frame);
  if (counters != nullptr && counts) ++counters->messages_in;
  if (const auto* hello = std::get_if<Hello>(&frame)) {
    std::string wrong = objection(*hello, local_->hello_to(from));
    return !wrong.empty() || hello->from == from ? wrong : "it changed its number";
  }
  if (auto* message = std::get_if<raft::Message>(&frame)) {
    local_->handlers.on_message({.peer = from, .message = std::move(*message)});
  } else if (auto* forward = std::get_if<Forward>(&frame)) {
    local_->handlers.on_forward(std::move(forward->command),
                                [weak = std::weak_ptr(link), id = forward->id](Outcome outcome) {
                                  if (const auto alive = weak.lock())
                                    alive->send(ForwardReply{.id = id, .outcome = std::move(outcome)});
                                });
  } else if (std::holds_alternative<Ping>(frame)) {
    link->send(Pong{});
  } else {
    return "an unexpected frame";
  }
  return {};
}

// Has the link counted with the others of that server; nullptr: it is not dialled, so nothing is counted.
PeerCounters* Incoming::count(Link& link, raft::NodeId from) {
  const auto known = local_->counters.find(from);
  if (known == local_->counters.end()) return nullptr;
  link.count(known->second);
  return known->second.get();
}

// At most one line a second: whoever is refused tries again.
void Incoming::log_refusal(const Link& link) {
  const Link::Clock::time_point now = Link::Clock::now();
  if (now < next_refusal_) return;
  next_refusal_ = now + std::chrono::seconds(1);
  spdlog::warn("refused a connection from {}: {}", link.remote(), link.closed_because());
}

}  // namespace raftd::net
