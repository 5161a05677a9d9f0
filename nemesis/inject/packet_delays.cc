#include "nemesis/inject/packet_delays.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <ctime>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

#include "nemesis/inject/ipv4_packet.h"
#include "nemesis/inject/packet_queue.h"
#include "nemesis/inject/queue_rules.h"

namespace ordeal::nemesis {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;  // spreads small numbers over all bits

struct Strike {
  std::uint64_t fault;
  StruckLink link;
  std::uint32_t source;
  std::shared_ptr<Impairment> impairment;

  bool means(const PacketView& packet) const {
    const bool port = !link.port || packet.source_port == *link.port || packet.destination_port == *link.port;
    return packet.source == source && port;
  }
};

struct Receiver {
  Receiver(const Node& name, int network_namespace) : node(name), queue(network_namespace, name, queue_number) {}
  Node node;
  PacketQueue queue;
  std::vector<Strike> strikes{};
  std::map<std::uint32_t, std::uint64_t> latest{};  // by source: the number of the last packet that overtook nobody
};

struct Held {
  Clock::time_point release, came;
  std::uint64_t order = 0;  // of coming
  Receiver* receiver = nullptr;
  std::uint32_t number = 0, source = 0;
  Fate fate{};
  std::vector<std::uint8_t> bytes{};  // when it is changed or sent twice
  // Who struck it, and which of them meant to hold it.
  std::vector<std::pair<std::shared_ptr<Impairment>, bool>> by{};
};

struct Later {
  bool operator()(const Held& a, const Held& b) const {
    return std::pair(a.release, a.order) > std::pair(b.release, b.order);
  }
};

}  // namespace

struct PacketDelays::State {
  mutable std::mutex mutex;  // guards all but the thread and the event
  std::map<Node, std::unique_ptr<Receiver>> receivers;
  std::priority_queue<Held, std::vector<Held>, Later> held;
  std::uint64_t came = 0;
  std::mt19937_64 random{golden};
  bool stopping = false;
  int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::thread thread;

  ~State() { close(wake); }

  void notify() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake, &one, sizeof one);
  }

  // What all strikes together do to the packet.
  Held judge(Receiver& receiver, std::uint32_t number, PacketQueue::Packet packet) {
    const Clock::time_point now = Clock::now();
    Held result{.release = now, .came = now, .order = ++came, .receiver = &receiver, .number = number};
    const auto view = view_of(packet);
    if (!view) return result;
    result.source = view->source;
    if (view->service == service_of_resets) return result;
    const Traits traits{.bytes = packet.size(),
                        .has_payload = view->has_payload(),
                        .tcp = view->tcp,
                        .opens = view->opens,
                        .connection = (std::uint32_t{view->source_port} << 16) | view->destination_port};
    for (const Strike& strike : receiver.strikes) {
      if (!strike.means(*view)) continue;
      const Fate fate = strike.impairment->next(now.time_since_epoch(), traits);
      LinkCounts& counts = strike.impairment->counts;
      ++counts.seen;
      counts.lost += fate.lost ? 1 : 0;
      counts.corrupted += fate.broken ? 1 : 0;
      result.fate.lost |= fate.lost;
      result.fate.twice |= fate.twice;
      result.fate.broken |= fate.broken;
      result.fate.mended |= fate.mended;
      result.fate.ends_connection |= fate.ends_connection;
      result.fate.resets_sender |= fate.resets_sender;
      counts.resets += fate.ends_connection || fate.resets_sender ? 1 : 0;
      result.release += fate.hold;
      result.by.emplace_back(strike.impairment, fate.hold > nanoseconds(0));
    }
    if (result.fate.twice || result.fate.broken) result.bytes.assign(packet.begin(), packet.end());
    if (result.fate.broken) flip_payload_bit(result.bytes, *view, random(), result.fate.mended);
    if (result.fate.ends_connection) result.bytes = reset_for_receiver(packet, *view);
    if (result.fate.resets_sender) receiver.queue.send(reset_for_sender(packet, *view));
    return result;
  }

  void take(Receiver& receiver, std::uint32_t number, PacketQueue::Packet packet) {
    Held one = judge(receiver, number, packet);
    if (one.fate.lost) {
      receiver.queue.drop(number);
    } else if (one.release > one.came) {
      held.push(std::move(one));
    } else {
      let_go(one, one.came);
    }
  }

  void let_go(const Held& one, Clock::time_point now) {
    Receiver& receiver = *one.receiver;
    receiver.queue.accept(one.number, one.fate.broken || one.fate.ends_connection ? PacketQueue::Packet(one.bytes)
                                                                                  : PacketQueue::Packet());
    std::uint64_t& latest = receiver.latest[one.source];
    const bool overtaken = one.order < latest, copied = one.fate.twice && receiver.queue.send(one.bytes);
    latest = std::max(latest, one.order);
    for (const auto& [impairment, held_it] : one.by) {
      LinkCounts& counts = impairment->counts;
      counts.overtaken += overtaken ? 1 : 0;
      counts.duplicated += copied ? 1 : 0;
      counts.delayed += held_it ? 1 : 0;
      counts.held += held_it ? now - one.came : nanoseconds(0);
    }
  }

  // Those whose time has come, or all of them.
  void release(bool all) {
    while (!held.empty() && (all || held.top().release <= Clock::now())) {
      let_go(held.top(), Clock::now());
      held.pop();
    }
  }

  // Until packets come, the next one must be released, or notify().
  void await() {
    std::vector<pollfd> polled{{.fd = wake, .events = POLLIN, .revents = 0}};
    timespec timeout{.tv_sec = 3600, .tv_nsec = 0};
    {
      const std::lock_guard lock(mutex);
      for (const auto& [node, receiver] : receivers) {
        polled.push_back({.fd = receiver->queue.descriptor(), .events = POLLIN, .revents = 0});
      }
      if (!held.empty()) {
        const nanoseconds left = std::max(nanoseconds(0), nanoseconds(held.top().release - Clock::now()));
        timeout = {.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
      }
    }
    ppoll(polled.data(), polled.size(), &timeout, nullptr);
    std::uint64_t notified = 0;
    [[maybe_unused]] const ssize_t length = read(wake, &notified, sizeof notified);
  }

  void run() {
    for (;;) {
      await();
      const std::lock_guard lock(mutex);
      for (const auto& [node, receiver] : receivers) {
        receiver->queue.receive([&, to = receiver.get()](std::uint32_t number, PacketQueue::Packet packet) {
          take(*to, number, packet);
          release(false);
        });
      }
      release(stopping);
      if (stopping) return;
    }
  }
};

PacketDelays::PacketDelays() : state_(new State) {}

PacketDelays::~PacketDelays() {
  if (state_->thread.joinable()) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->stopping = true;
    }
    state_->notify();
    state_->thread.join();
  }
}

void PacketDelays::listen(const Node& node, int network_namespace) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->receivers.contains(node)) return;
    state_->receivers.emplace(node, std::make_unique<Receiver>(node, network_namespace));
  }
  if (!state_->thread.joinable()) state_->thread = std::thread([state = state_.get()] { state->run(); });
  state_->notify();
}

void PacketDelays::strike(std::uint64_t fault, const StruckLink& link, const Packets& how) {
  const std::lock_guard lock(state_->mutex);
  std::vector<Strike>& strikes = state_->receivers.at(link.to)->strikes;
  const std::uint32_t source = ipv4_number(link.from_address.c_str());
  const std::uint64_t seed = (fault * 1024 + source) * golden + strikes.size();
  strikes.push_back({fault, link, source, std::make_shared<Impairment>(how, seed)});
}

PacketDelays::Counts PacketDelays::counts(std::uint64_t fault) const {
  const std::lock_guard lock(state_->mutex);
  Counts found;
  for (const auto& [node, receiver] : state_->receivers) {
    for (const Strike& strike : receiver->strikes) {
      if (strike.fault == fault) found[{strike.link.from, strike.link.to}] = strike.impairment->counts;
    }
  }
  return found;
}

void PacketDelays::relent(std::uint64_t fault) {
  const std::lock_guard lock(state_->mutex);
  for (const auto& [node, receiver] : state_->receivers) {
    std::erase_if(receiver->strikes, [&](const Strike& strike) { return strike.fault == fault; });
  }
}

}  // namespace ordeal::nemesis
