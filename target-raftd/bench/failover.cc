#include "target-raftd/bench/failover.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <deque>
#include <random>
#include <stdexcept>

#include "target-raftd/bench/connection.h"
#include "target-raftd/bench/load.h"

namespace raftd::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto retry_interval = 5ms;
constexpr std::size_t most_attempts = 200;  // open at once; beyond that the oldest is given up
constexpr auto patience = 60s;

struct Attempt {
  Connection connection;
  HttpReader reader;
};

// Tries until some server of `ports` acknowledges a write; when that was.
Clock::time_point next_acknowledged(const Exchange& write, const std::vector<Port>& ports) {
  const auto give_up = Clock::now() + patience;
  auto next_try = Clock::now();
  std::deque<Attempt> attempts;
  while (Clock::now() < give_up) {
    if (Clock::now() >= next_try) {
      for (const Port port : ports) {
        Attempt attempt;
        if (attempt.connection.open(port) && attempt.connection.send(write.request))
          attempts.push_back(std::move(attempt));
      }
      next_try = Clock::now() + retry_interval;
      while (attempts.size() > most_attempts) attempts.pop_front();
    }
    std::vector<pollfd> wanted;
    for (const Attempt& one : attempts)
      wanted.push_back({.fd = one.connection.descriptor(), .events = POLLIN, .revents = 0});
    ::poll(wanted.data(), wanted.size(), 1);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      Attempt& one = attempts[i];
      if (wanted[i].revents == 0) continue;
      bool ended = one.connection.receive(one.reader, 0ms) == Connection::Received::closed;
      if (const auto answer = one.reader.next()) {
        if (judge(write, *answer).right) return Clock::now();
        ended = true;
      }
      if (ended) one.connection.close();
    }
    std::erase_if(attempts, [](const Attempt& one) { return one.connection.descriptor() < 0; });
  }
  throw std::runtime_error(
      fmt::format("no write was acknowledged for {} s after the leader was killed", patience.count()));
}

}  // namespace

std::vector<Milliseconds> measure_failovers(Cluster& cluster, std::size_t kills,
                                            const std::function<void(const std::string&)>& progress) {
  const Exchange write = write_of(cluster.system(), "key", std::string(128, 'x'));
  std::mt19937 random(1);
  std::vector<Milliseconds> times;
  for (std::size_t kill = 0; kill < kills; ++kill) {
    const std::size_t leader = cluster.wait_for_leader();
    // Writes go on until the kill, for a time of varying length: it shall fall anywhere between two heartbeats.
    run({.ports = std::vector<Port>(4, cluster.client_port(leader)),
         .exchanges = {&write, 1},
         .warm_up = 0ms,
         .duration = std::chrono::milliseconds(300 + random() % 300)});
    std::vector<Port> survivors;
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      if (i != leader) survivors.push_back(cluster.client_port(i));
    }
    const auto killed = Clock::now();
    cluster.kill(leader);
    times.emplace_back(next_acknowledged(write, survivors) - killed);
    cluster.restart(leader);
    cluster.wait_until_caught_up(leader, (leader + 1) % cluster.size());
    progress(fmt::format("failover {} of {}: {:.0f} ms", kill + 1, kills, times.back().count()));
  }
  return times;
}

}  // namespace raftd::bench
