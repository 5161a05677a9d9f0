#include "target-raftd/bench/cluster.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

#include "target-raftd/bench/connection.h"

namespace raftd::bench {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// Long enough for a machine under load; only what hangs gets there.
constexpr auto patience = 60s;

bool eventually(const std::function<bool()>& condition) {
  const auto give_up = Clock::now() + patience;
  while (!condition()) {
    if (Clock::now() > give_up) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

std::string url(Port port) {
  return fmt::format("http://127.0.0.1:{}", port);
}

// The log itself may be gone, with the temporary folder, when somebody reads the message.
std::string end_of(const std::filesystem::path& log) {
  constexpr std::size_t most = 600;
  std::ifstream in(log);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  return text.substr(text.size() > most ? text.size() - most : 0);
}

}  // namespace

Cluster::Cluster(Options options) : options_(std::move(options)), servers_(options_.servers) {
  for (Server& server : servers_) {
    server.peer = free_port();
    server.client = free_port();
  }
  for (std::size_t i = 0; i < size(); ++i) start(i);
}

// Both systems run with their defaults: time-outs, snapshots, fsync of every batch before it is acknowledged.
std::vector<std::string> Cluster::command(std::size_t server) const {
  const bool is_raftd = options_.system == System::raftd;
  std::string members;
  for (std::size_t i = 0; i < size(); ++i) {
    members += i == 0 ? "" : ",";
    members += is_raftd ? fmt::format("{}=127.0.0.1:{}", i + 1, servers_[i].peer)
                        : fmt::format("n{}={}", i + 1, url(servers_[i].peer));
  }
  const Server& self = servers_[server];
  const std::string data = (options_.folder / fmt::format("{}", server + 1)).string();
  std::vector<std::string> words = {options_.program.string()};
  if (is_raftd) {
    words.insert(words.end(), {"--id", fmt::format("{}", server + 1), "--cluster", members, "--client-address",
                               fmt::format("127.0.0.1:{}", self.client), "--data", data, "--log-level", "error"});
  } else {
    words.insert(words.end(), {"--name", fmt::format("n{}", server + 1), "--data-dir", data, "--listen-client-urls",
                               url(self.client), "--advertise-client-urls", url(self.client), "--listen-peer-urls",
                               url(self.peer), "--initial-advertise-peer-urls", url(self.peer), "--initial-cluster",
                               members, "--logger", "zap", "--log-level", "error"});
  }
  words.insert(words.end(), options_.more_flags.begin(), options_.more_flags.end());
  return words;
}

std::filesystem::path Cluster::log_of(std::size_t server) const {
  return options_.folder / fmt::format("{}.log", server + 1);
}

void Cluster::start(std::size_t server) {
  servers_[server].child = std::make_unique<Child>(command(server), log_of(server));
}

void Cluster::kill(std::size_t server) {
  servers_[server].child->kill();
}

void Cluster::restart(std::size_t server) {
  servers_[server].child.reset();
  start(server);
}

std::optional<std::size_t> Cluster::leader() const {
  for (std::size_t i = 0; i < size(); ++i) {
    const auto status = ask_status(system(), client_port(i));
    if (status && status->leads) return i;
  }
  return {};
}

std::size_t Cluster::wait_for_leader() {
  std::optional<std::size_t> found;
  const bool settled = eventually([&] {
    check_all_run();
    found.reset();
    bool all_know = true;
    for (std::size_t i = 0; i < size(); ++i) {
      const auto status = ask_status(system(), client_port(i));
      all_know = all_know && status && status->knows_leader;
      if (status && status->leads) found = i;
    }
    return found && all_know;
  });
  if (settled) return *found;
  throw std::runtime_error(fmt::format("{} has no leader after {} s; its first server said:\n{}", to_string(system()),
                                       patience.count(), end_of(log_of(0))));
}

void Cluster::wait_until_caught_up(std::size_t server, std::size_t other) {
  std::optional<ServerStatus> goal;
  const bool done = eventually([&] {
    check_all_run();
    if (!goal) goal = ask_status(system(), client_port(other));
    const auto status = ask_status(system(), client_port(server));
    return goal && status && status->knows_leader && status->applied_index >= goal->applied_index;
  });
  if (done) return;
  throw std::runtime_error(fmt::format("server {} of {} does not catch up; it said:\n{}", server + 1,
                                       to_string(system()), end_of(log_of(server))));
}

std::chrono::microseconds Cluster::cpu() const {
  std::chrono::microseconds sum{0};
  for (const Server& server : servers_) sum += server.child->cpu();
  return sum;
}

void Cluster::check_all_run() {
  for (std::size_t i = 0; i < size(); ++i) {
    if (!servers_[i].child->ended()) continue;
    throw std::runtime_error(
        fmt::format("server {} of {} ended by itself; it said:\n{}", i + 1, to_string(system()), end_of(log_of(i))));
  }
}

}  // namespace raftd::bench
