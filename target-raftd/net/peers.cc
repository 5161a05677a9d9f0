#include "target-raftd/net/peers.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "target-raftd/net/incoming.h"
#include "target-raftd/net/outgoing.h"

namespace raftd::net {

namespace asio = boost::asio;

struct Peers::State : std::enable_shared_from_this<Peers::State> {
  State(asio::io_context& io, PeersConfig config, PeersHandlers handlers)
      : local(new Local{.loop = io, .config = std::move(config), .handlers = std::move(handlers)}),
        incoming(std::make_shared<Incoming>(local)),
        watch(io) {}

  void start();
  void stop();
  void set_addresses(const std::map<raft::NodeId, Address>& addresses);
  void set_incarnation(std::uint64_t incarnation);
  asio::awaitable<void> watch_forever();

  const std::shared_ptr<Local> local;
  const std::shared_ptr<Incoming> incoming;
  std::map<raft::NodeId, std::shared_ptr<Outgoing>> outgoing;
  asio::steady_timer watch;
};

void Peers::State::start() {
  incoming->start();
  // The coroutine owns this state for as long as it runs.
  asio::co_spawn(
      local->loop, [self = shared_from_this()] { return self->watch_forever(); }, asio::detached);
  set_addresses(local->config.addresses);
}

void Peers::State::stop() {
  local->stopped = true;
  local->handlers = {};
  watch.cancel();
  incoming->close("shutting down");
  for (const auto& [id, to] : outgoing) to->close("shutting down");
}

void Peers::State::set_addresses(const std::map<raft::NodeId, Address>& addresses) {
  const auto before = std::exchange(outgoing, {});
  const auto counted = std::exchange(local->counters, {});
  for (const auto& [id, address] : addresses) {
    if (id == local->config.id) continue;
    const auto old_counters = counted.find(id);
    const auto counters = old_counters != counted.end() ? old_counters->second : std::make_shared<PeerCounters>();
    local->counters.emplace(id, counters);
    const auto old = before.find(id);
    if (old != before.end() && old->second->address() == address) {
      outgoing.emplace(id, old->second);
      continue;
    }
    const auto to = std::make_shared<Outgoing>(local, id, address, counters);
    outgoing.emplace(id, to);
    to->start();
  }
  for (const auto& [id, to] : before) {
    const auto now = outgoing.find(id);
    if (now == outgoing.end() || now->second != to) to->close("this server is no longer to be reached there");
  }
}

void Peers::State::set_incarnation(std::uint64_t incarnation) {
  if (std::exchange(local->config.incarnation, incarnation) == incarnation) return;
  incoming->say_hello();
  for (const auto& [id, to] : outgoing) to->say_hello();
}

// Closes silent connections, and keeps the others from falling silent.
asio::awaitable<void> Peers::State::watch_forever() {
  const std::chrono::milliseconds period = local->config.ping_interval / 4;
  Link::Clock::time_point last = Link::Clock::now();
  for (int round = 0; !local->stopped; ++round) {
    watch.expires_after(period);
    co_await watch.async_wait(asio::as_tuple(asio::use_awaitable));
    const Link::Clock::time_point now = Link::Clock::now();
    const bool we_slept = now - last > local->config.silence / 2;
    last = now;
    const auto check = [&](auto& links) { we_slept ? links.forgive_silence(now) : links.check_silence(now); };
    check(*incoming);
    for (const auto& [id, to] : outgoing) {
      check(*to);
      if (round % 4 == 0) to->ping();
    }
  }
}

Peers::Peers(asio::io_context& loop, PeersConfig config, PeersHandlers handlers)
    : state_(std::make_shared<State>(loop, std::move(config), std::move(handlers))) {
  state_->start();
}

Peers::~Peers() {
  state_->stop();
}

void Peers::send(raft::Envelope envelope) {
  const auto to = state_->outgoing.find(envelope.peer);
  if (to != state_->outgoing.end()) {
    to->second->send(std::move(envelope.message));
  } else {
    state_->incoming->send(envelope.peer, std::move(envelope.message));
  }
}

bool Peers::forward(raft::NodeId peer, std::string command, Done done) {
  const auto to = state_->outgoing.find(peer);
  return to != state_->outgoing.end() && to->second->forward(std::move(command), std::move(done));
}

void Peers::set_addresses(const std::map<raft::NodeId, Address>& addresses) {
  state_->set_addresses(addresses);
}

void Peers::set_incarnation(std::uint64_t incarnation) {
  state_->set_incarnation(incarnation);
}

std::map<raft::NodeId, PeerCounters> Peers::counters() const {
  std::map<raft::NodeId, PeerCounters> all;
  for (const auto& [id, counters] : state_->local->counters) all[id] = *counters;
  return all;
}

bool Peers::connected(raft::NodeId peer) const {
  const auto to = state_->outgoing.find(peer);
  return to != state_->outgoing.end() && to->second->connected();
}

}  // namespace raftd::net
