#include "target-raftd/net/peers.h"

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

#include "target-raftd/net/link.h"
#include "target-raftd/net/listen.h"

namespace raftd::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

// FNV-1a, which is the same on every machine.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211U;
  return hash;
}

std::uint64_t random_start() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

// What is wrong with the other side's Hello; empty: nothing.
std::string objection(const Hello& theirs, const Hello& ours) {
  if (theirs.version != ours.version) {
    return fmt::format("it speaks protocol version {}, this server {}; run the same raftd everywhere", theirs.version,
                       ours.version);
  }
  if (theirs.cluster != ours.cluster) {
    return fmt::format("it belongs to a cluster of another name (hash {:x}, ours {:x}); check --cluster-name",
                       theirs.cluster, ours.cluster);
  }
  if (theirs.incarnation != 0 && ours.incarnation != 0 && theirs.incarnation != ours.incarnation) {
    return fmt::format("it belongs to incarnation {:x} of the cluster, this server to {:x}; check its data folder",
                       theirs.incarnation, ours.incarnation);
  }
  if (theirs.to != ours.from) {
    return fmt::format("it wants to reach server {}, this is server {}; check --id and --cluster", theirs.to,
                       ours.from);
  }
  return {};
}

}  // namespace

struct Peers::State : std::enable_shared_from_this<Peers::State> {
  // The connection that this server dials to one other.
  struct Outgoing {
    raft::NodeId peer = 0;
    Address address = {};
    bool gone = false;  // no longer to be dialled
    std::shared_ptr<PeerCounters> counters = std::make_shared<PeerCounters>();
    std::uint64_t connections = 0;
    std::shared_ptr<Link> link = {};  // set as soon as TCP is connected
    bool greeted = false;             // both Hellos were exchanged: the link may be used
    std::map<std::uint64_t, Done> forwards = {};
    std::string last_failure = {};  // was logged already
  };

  State(asio::io_context& io, PeersConfig c, PeersHandlers h)
      : loop(io),
        config(std::move(c)),
        handlers(std::move(h)),
        cluster(hash_of(config.cluster_name)),
        acceptor(listen(io.get_executor(), config.addresses.at(config.id))),
        watch(io) {}

  void start();
  void stop();
  void set_addresses(const std::map<raft::NodeId, Address>& addresses);
  void set_incarnation(std::uint64_t incarnation);
  void deliver(raft::Envelope envelope);
  bool forward(raft::NodeId peer, std::string command, Done done);

  asio::awaitable<void> accept_forever();
  asio::awaitable<void> serve(std::shared_ptr<Link> link);
  std::string serve_frame(const std::shared_ptr<Link>& link, raft::NodeId from, Frame frame);
  asio::awaitable<void> dial_forever(std::shared_ptr<Outgoing> dialled);
  asio::awaitable<std::string> dial_once(Outgoing& to);
  asio::awaitable<tcp::socket> connect(Address address, boost::system::error_code& error);
  void on_reply(Outgoing& to, const ForwardReply& reply);
  void lose(Outgoing& to);
  asio::awaitable<void> watch_forever();

  Hello hello_to(raft::NodeId peer) const {
    return {.cluster = cluster, .incarnation = config.incarnation, .from = config.id, .to = peer};
  }

  template <class Coroutine>
  void spawn(Coroutine coroutine) {
    // The coroutine owns this state for as long as it runs.
    asio::co_spawn(
        loop, [self = shared_from_this(), coroutine]() mutable { return coroutine(); }, asio::detached);
  }

  asio::io_context& loop;
  PeersConfig config;
  PeersHandlers handlers;
  std::uint64_t cluster;
  tcp::acceptor acceptor;
  asio::steady_timer watch;
  std::map<raft::NodeId, std::shared_ptr<Outgoing>> outgoing;
  std::map<std::shared_ptr<Link>, raft::NodeId> incoming;  // 0: has not said Hello
  std::uint64_t next_forward = random_start();
  Link::Clock::time_point next_objection = {};  // to an incoming connection, that may be logged
  bool stopped = false;
};

void Peers::State::start() {
  spawn([this] { return accept_forever(); });
  spawn([this] { return watch_forever(); });
  set_addresses(config.addresses);
}

void Peers::State::stop() {
  stopped = true;
  handlers = {};
  boost::system::error_code ignored;
  acceptor.close(ignored);
  watch.cancel();
  for (const auto& [link, from] : incoming) link->close("shutting down");
  for (auto& [id, to] : outgoing) {
    to->forwards.clear();
    if (to->link) to->link->close("shutting down");
  }
}

void Peers::State::set_addresses(const std::map<raft::NodeId, Address>& addresses) {
  const auto before = std::exchange(outgoing, {});
  for (const auto& [id, address] : addresses) {
    if (id == config.id) continue;
    const auto old = before.find(id);
    if (old != before.end() && old->second->address == address) {
      outgoing[id] = old->second;
      continue;
    }
    const auto to = std::make_shared<Outgoing>();
    to->peer = id;
    to->address = address;
    if (old != before.end()) to->counters = old->second->counters;
    outgoing[id] = to;
    spawn([this, to] { return dial_forever(to); });
  }
  for (const auto& [id, to] : before) {
    const auto now = outgoing.find(id);
    if (now != outgoing.end() && now->second == to) continue;
    to->gone = true;
    if (to->link) to->link->close("this server is no longer to be reached there");
  }
}

void Peers::State::set_incarnation(std::uint64_t incarnation) {
  if (std::exchange(config.incarnation, incarnation) == incarnation) return;
  for (const auto& [link, from] : incoming) {
    if (from != 0) link->send(hello_to(from));
  }
  for (const auto& [id, to] : outgoing) {
    if (to->link) to->link->send(hello_to(id));
  }
}

// --- What this server sends
// -------------------------------------------------------------------------------------------

void Peers::State::deliver(raft::Envelope envelope) {
  const auto to = outgoing.find(envelope.peer);
  if (to == outgoing.end()) return;
  PeerCounters& counters = *to->second->counters;
  const bool sent = to->second->greeted && to->second->link->send(std::move(envelope.message));
  ++(sent ? counters.messages_out : counters.dropped);
}

bool Peers::State::forward(raft::NodeId peer, std::string command, Done done) {
  const auto found = outgoing.find(peer);
  if (found == outgoing.end() || !found->second->greeted) return false;
  Outgoing& to = *found->second;
  const std::uint64_t id = next_forward++;
  if (!to.link->send(Forward{.id = id, .command = std::move(command)})) return false;
  ++to.counters->messages_out;
  to.forwards.emplace(id, std::move(done));
  return true;
}

asio::awaitable<void> Peers::State::dial_forever(std::shared_ptr<Outgoing> dialled) {
  Outgoing& to = *dialled;
  milliseconds back_off = config.shortest_back_off;
  while (!stopped && !to.gone) {
    const std::string failure = co_await dial_once(to);
    if (stopped) break;
    const bool was_up = to.greeted;
    lose(to);
    if (to.gone) break;
    if (was_up) back_off = config.shortest_back_off;
    if (was_up || failure != to.last_failure) {
      spdlog::warn("no connection to server {} at {}: {}", to.peer, to_string(to.address), failure);
      to.last_failure = failure;
    }
    asio::steady_timer timer(loop, back_off);
    co_await timer.async_wait(no_throw);
    back_off = std::min(2 * back_off, config.longest_back_off);
  }
}

// Connects, and reads replies until the connection ends; says why it ended.
asio::awaitable<std::string> Peers::State::dial_once(Outgoing& to) {
  boost::system::error_code error;
  tcp::socket socket = co_await connect(to.address, error);
  if (error) co_return error == asio::error::operation_aborted ? "connecting took too long" : error.message();
  if (stopped || to.gone) co_return "no longer wanted";
  const auto link = std::make_shared<Link>(std::move(socket), config.max_queue_bytes, config.silence);
  to.link = link;
  link->count(to.counters);
  link->send(hello_to(to.peer));
  while (std::optional<Frame> frame = co_await link->receive()) {
    if (stopped) break;
    if (const auto* hello = std::get_if<Hello>(&*frame)) {
      const bool again = to.greeted;
      const std::string wrong = hello->from == to.peer ? objection(*hello, hello_to(to.peer))
                                                       : fmt::format("server {} answers there", hello->from);
      to.greeted = wrong.empty();
      if (!to.greeted) link->reject(wrong);
      if (to.greeted && !again && to.connections++ > 0) ++to.counters->reconnects;
      if (to.greeted && !again) spdlog::info("connected to server {} at {}", to.peer, to_string(to.address));
      to.last_failure.clear();
    } else if (const auto* reply = std::get_if<ForwardReply>(&*frame); reply != nullptr && to.greeted) {
      ++to.counters->messages_in;
      on_reply(to, *reply);
    } else if (!std::holds_alternative<Pong>(*frame) || !to.greeted) {
      link->reject("an unexpected frame");
    }
  }
  co_return link->closed_because();
}

asio::awaitable<tcp::socket> Peers::State::connect(Address address, boost::system::error_code& error) {
  tcp::endpoint endpoint(asio::ip::make_address(address.host, error), address.port);
  if (error) {
    tcp::resolver resolver(loop);
    auto [failure, found] = co_await resolver.async_resolve(address.host, std::to_string(address.port), no_throw);
    error = failure;
    if (error) co_return tcp::socket(loop);
    endpoint = *found.begin();
  }
  const auto socket = std::make_shared<tcp::socket>(loop);
  asio::steady_timer timer(loop, config.connect_timeout);
  timer.async_wait([socket](const boost::system::error_code& cancelled) {
    boost::system::error_code ignored;
    if (!cancelled) socket->close(ignored);
  });
  std::tie(error) = co_await socket->async_connect(endpoint, no_throw);
  // The timer may have fired already and wait in the queue with a hold on the socket: it gets an empty one.
  if (timer.cancel() == 0 && !error) error = asio::error::operation_aborted;
  co_return std::move(*socket);
}

void Peers::State::on_reply(Outgoing& to, const ForwardReply& reply) {
  const auto found = to.forwards.find(reply.id);
  if (found == to.forwards.end()) return;
  const Done done = std::move(found->second);
  to.forwards.erase(found);
  done(reply.outcome);
}

void Peers::State::lose(Outgoing& to) {
  to.greeted = false;
  to.link.reset();
  for (auto& [id, done] : std::exchange(to.forwards, {})) done(std::nullopt);
}

// --- What this server receives
// ----------------------------------------------------------------------------------------

asio::awaitable<void> Peers::State::accept_forever() {
  while (!stopped) {
    auto [error, socket] = co_await acceptor.async_accept(no_throw);
    if (stopped) co_return;
    if (error || incoming.size() >= config.max_incoming) {
      // Out of descriptors, or flooded: let some connections end first.
      asio::steady_timer timer(loop, config.shortest_back_off);
      co_await timer.async_wait(no_throw);
      continue;
    }
    // A side that dialled and was merely paused finds its connection alive afterwards: be more patient than it is.
    auto link = std::make_shared<Link>(std::move(socket), config.max_queue_bytes, 5 * config.silence);
    incoming.emplace(link, 0);
    spawn([this, link] { return serve(link); });
  }
}

asio::awaitable<void> Peers::State::serve(std::shared_ptr<Link> link) {
  raft::NodeId from = 0;
  std::optional<Frame> first = co_await link->receive();
  if (first && !stopped) {
    const auto* hello = std::get_if<Hello>(&*first);
    std::string wrong = hello == nullptr ? "it did not begin with Hello" : objection(*hello, hello_to(0));
    if (wrong.empty() && (hello->from == 0 || hello->from == config.id)) {
      wrong = fmt::format("it calls itself server {}, this is server {}", hello->from, config.id);
    }
    if (hello != nullptr) link->send(hello_to(hello->from));  // also when refused: so the other side can say why
    if (!wrong.empty()) link->reject(wrong);
    if (wrong.empty()) incoming[link] = from = hello->from;
  }
  while (std::optional<Frame> frame = co_await link->receive()) {
    if (stopped) break;
    if (const std::string wrong = serve_frame(link, from, std::move(*frame)); !wrong.empty()) link->reject(wrong);
  }
  incoming.erase(link);
  const Link::Clock::time_point now = Link::Clock::now();
  if (stopped || (from != 0 && !link->rejected()) || now < next_objection) co_return;
  next_objection = now + std::chrono::seconds(1);
  spdlog::warn("refused a connection from {}: {}", link->remote(), link->closed_because());
}

std::string Peers::State::serve_frame(const std::shared_ptr<Link>& link, raft::NodeId from, Frame frame) {
  const auto known = outgoing.find(from);
  if (known != outgoing.end()) link->count(known->second->counters);
  const bool counts = std::holds_alternative<raft::Message>(frame) || std::holds_alternative<Forward>(frame);
  if (known != outgoing.end() && counts) ++known->second->counters->messages_in;
  if (const auto* hello = std::get_if<Hello>(&frame)) {
    return hello->from == from ? objection(*hello, hello_to(from)) : "it changed its number";
  }
  if (auto* message = std::get_if<raft::Message>(&frame)) {
    handlers.on_message({.peer = from, .message = std::move(*message)});
  } else if (auto* forward = std::get_if<Forward>(&frame)) {
    handlers.on_forward(std::move(forward->command), [weak = std::weak_ptr(link), id = forward->id](Outcome outcome) {
      if (const auto alive = weak.lock()) alive->send(ForwardReply{.id = id, .outcome = std::move(outcome)});
    });
  } else if (std::holds_alternative<Ping>(frame)) {
    link->send(Pong{});
  } else {
    return "an unexpected frame";
  }
  return {};
}

// --- Silence
// ----------------------------------------------------------------------------------------------------------

asio::awaitable<void> Peers::State::watch_forever() {
  const milliseconds period = config.ping_interval / 4;
  Link::Clock::time_point last = Link::Clock::now();
  for (int round = 0; !stopped; ++round) {
    watch.expires_after(period);
    co_await watch.async_wait(no_throw);
    const Link::Clock::time_point now = Link::Clock::now();
    const bool we_slept = now - last > config.silence / 2;
    last = now;
    const auto check = [&](Link& link) { we_slept ? link.forgive_silence(now) : link.check_silence(now); };
    for (const auto& [link, from] : incoming) check(*link);
    for (auto& [id, to] : outgoing) {
      if (!to->link) continue;
      check(*to->link);
      if (to->greeted && round % 4 == 0) to->link->send(Ping{});
    }
  }
}

// --- The public face
// --------------------------------------------------------------------------------------------------

Peers::Peers(asio::io_context& loop, PeersConfig config, PeersHandlers handlers)
    : state_(std::make_shared<State>(loop, std::move(config), std::move(handlers))) {
  state_->start();
}

Peers::~Peers() {
  state_->stop();
}

void Peers::send(raft::Envelope envelope) {
  state_->deliver(std::move(envelope));
}

bool Peers::forward(raft::NodeId peer, std::string command, Done done) {
  return state_->forward(peer, std::move(command), std::move(done));
}

void Peers::set_addresses(const std::map<raft::NodeId, Address>& addresses) {
  state_->set_addresses(addresses);
}

void Peers::set_incarnation(std::uint64_t incarnation) {
  state_->set_incarnation(incarnation);
}

std::map<raft::NodeId, PeerCounters> Peers::counters() const {
  std::map<raft::NodeId, PeerCounters> all;
  for (const auto& [id, to] : state_->outgoing) all[id] = *to->counters;
  return all;
}

bool Peers::connected(raft::NodeId peer) const {
  const auto to = state_->outgoing.find(peer);
  return to != state_->outgoing.end() && to->second->greeted;
}

}  // namespace raftd::net
