#include "nemesis/inject/packet_watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "nemesis/inject/iptables.h"
#include "nemesis/inject/ipv4_packet.h"
#include "nemesis/inject/packet_queue.h"
#include "nemesis/inject/queue_rules.h"

namespace ordeal::nemesis {
namespace {

// Whoever watches acts within milliseconds, or has died.
constexpr std::chrono::seconds longest_hold{2};

}  // namespace

struct PacketWatch::State {
  struct Watched {
    std::int64_t count = 1;
    std::function<void()> on_seen;
    Node sender{};
    std::uint32_t source = 0;  // its address; 0: nobody's packets count yet
    std::int64_t passed = 0;
    std::optional<std::pair<Node, Node>> seen{};
  };
  struct Receiver {
    Receiver(const Node& name, int network_namespace)
        : node(name), queue(network_namespace, name, watch_queue_number) {}
    Node node;
    PacketQueue queue;
  };

  explicit State(Cluster& watched_cluster) : cluster(watched_cluster) {}
  ~State() { close(wake); }

  std::vector<InNode> in_nodes(const std::string& rules) const {
    std::vector<InNode> all;
    for (const Node& node : cluster.nodes()) all.push_back({node, cluster.network_namespace(node), rules});
    return all;
  }

  bool waits_for_somebody() const {
    for (const auto& [id, watched] : watches) {
      if (watched.seen) return true;
    }
    return false;
  }

  void take(std::unique_lock<std::mutex>& lock, const Node& receiver, std::span<const std::uint8_t> packet) {
    const auto view = view_of(packet);
    if (!view || !view->tcp || !view->has_payload()) return;
    for (auto& [id, watched] : watches) {
      if (watched.source != view->source || watched.seen || ++watched.passed < watched.count) continue;
      watched.seen = {watched.sender, receiver};
      watched.on_seen();
    }
    if (!waits_for_somebody()) return;
    ended.wait_until(lock, std::chrono::steady_clock::now() + longest_hold,
                     [this] { return stopping || !waits_for_somebody(); });
  }

  void run() {
    std::vector<pollfd> polled{{.fd = wake, .events = POLLIN, .revents = 0}};
    for (const auto& receiver : receivers) {
      polled.push_back({.fd = receiver->queue.descriptor(), .events = POLLIN, .revents = 0});
    }
    for (;;) {
      poll(polled.data(), polled.size(), -1);
      std::unique_lock lock(mutex);
      for (const auto& receiver : receivers) {
        receiver->queue.receive([&](std::uint32_t number, PacketQueue::Packet packet) {
          if (!stopping) take(lock, receiver->node, packet);
          receiver->queue.accept(number);
        });
      }
      if (stopping) return;
    }
  }

  // The queues first: where nobody listens to them, packets pass.
  void open() {
    const auto port = cluster.peer_port();
    if (!port) throw std::runtime_error("the port of the peers is not known; write peer_port into the target's file");
    for (const InNode& one : in_nodes("")) {
      receivers.push_back(std::make_unique<Receiver>(one.node, one.network_namespace));
    }
    stopping = false;
    thread = std::thread([this] { run(); });
    watched_nodes = in_nodes(rules_to_watch(*port));
    iptables.restore(watched_nodes);
  }

  void shut() {
    if (!thread.joinable()) return;
    for (InNode& one : watched_nodes) one.rules = rules_to_unwatch();
    const std::vector<InNode> nodes = std::exchange(watched_nodes, {});
    try {
      if (!nodes.empty()) iptables.restore(nodes);
    } catch (const std::runtime_error&) {
      join();
      throw;
    }
    join();
  }

  void join() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      ended.notify_all();
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake, &one, sizeof one);
    thread.join();
    std::uint64_t notified = 0;
    [[maybe_unused]] const ssize_t length = read(wake, &notified, sizeof notified);
    receivers.clear();
  }

  Cluster& cluster;
  Iptables iptables;
  std::vector<InNode> watched_nodes;                 // where rules are
  std::vector<std::unique_ptr<Receiver>> receivers;  // unchanged while the thread runs
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::thread thread;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable ended;
  std::map<std::uint64_t, Watched> watches;
  bool stopping = false;
};

PacketWatch::PacketWatch(Cluster& cluster) : state_(std::make_unique<State>(cluster)) {}

// Its rules die with the namespaces, and until then whatever they lead to the queue passes.
PacketWatch::~PacketWatch() {
  if (state_->thread.joinable()) state_->join();
}

void PacketWatch::begin(std::uint64_t id, std::int64_t count, std::function<void()> seen) {
  if (!state_->thread.joinable()) {
    try {
      state_->open();
    } catch (const std::runtime_error& error) {
      if (state_->thread.joinable()) state_->join();
      throw std::runtime_error(fmt::format("watching packets: {}", error.what()));
    }
  }
  const std::lock_guard lock(state_->mutex);
  state_->watches[id] = {.count = count, .on_seen = std::move(seen)};
}

void PacketWatch::follow(std::uint64_t id, const Node& sender) {
  const std::uint32_t source = ipv4_number(state_->cluster.address(sender).c_str());
  const std::lock_guard lock(state_->mutex);
  State::Watched& watched = state_->watches.at(id);
  if (watched.seen || watched.sender == sender) return;
  watched.sender = sender;
  watched.source = source;
  watched.passed = 0;
}

std::optional<std::pair<Node, Node>> PacketWatch::seen(std::uint64_t id) const {
  const std::lock_guard lock(state_->mutex);
  return state_->watches.at(id).seen;
}

void PacketWatch::end(std::uint64_t id) {
  bool last = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->watches.erase(id);
    last = state_->watches.empty();
    state_->ended.notify_all();
  }
  if (last) state_->shut();
}

}  // namespace ordeal::nemesis
