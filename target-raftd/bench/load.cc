#include "target-raftd/bench/load.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <stdexcept>

#include "target-raftd/bench/connection.h"

namespace raftd::bench {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// After the end of the round, for answers that are still under way.
constexpr auto patience = 6s;

struct Client {
  Port port = 0;
  Connection connection;
  HttpReader reader;
  const Exchange* exchange = nullptr;  // under way
  Clock::time_point sent;
  std::uint64_t last_revision = 0;
};

class Round {
 public:
  explicit Round(const Load& load) : load_(load), random_(load.seed), clients_(load.ports.size()) {
    if (epoll_ < 0) throw std::runtime_error("cannot make an epoll instance; raise the limit of open files");
    latencies_.reserve(1 << 20);
  }
  ~Round() { ::close(epoll_); }
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

  Measured run();

 private:
  void connect(Client& client);
  void send_next(Client& client);
  void receive(Client& client);
  void take(Client& client, const HttpAnswer& answer, Clock::time_point now);
  void fail(Client& client, const std::string& what);
  void turn();

  const Load& load_;
  std::minstd_rand random_;
  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Client> clients_;
  std::size_t under_way_ = 0;
  bool sending_ = true;
  bool measuring_ = false;
  std::vector<double> latencies_;  // microseconds
  Measured measured_;
};

void Round::connect(Client& client) {
  client.reader.clear();
  client.exchange = nullptr;
  if (!client.connection.open(client.port)) {
    throw std::runtime_error(fmt::format("no server accepts connections on port {} any more", client.port));
  }
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.connection.descriptor(), &event);
}

void Round::send_next(Client& client) {
  client.exchange = &load_.exchanges[random_() % load_.exchanges.size()];
  client.sent = Clock::now();
  ++under_way_;
  if (!client.connection.send(client.exchange->request)) fail(client, "the connection broke while sending");
}

void Round::receive(Client& client) {
  const auto received = client.connection.receive(client.reader, 0ms);
  if (received == Connection::Received::nothing) return;
  const auto now = Clock::now();
  if (received == Connection::Received::closed) return fail(client, "the server closed the connection");
  const auto answer = client.reader.next();
  if (answer && client.exchange != nullptr) return take(client, *answer, now);
  if (answer || client.reader.broken()) fail(client, "an answer that is no answer");
}

void Round::take(Client& client, const HttpAnswer& answer, Clock::time_point now) {
  --under_way_;
  const Judgement judgement = judge(*client.exchange, answer);
  const bool write = client.exchange->operation == Operation::write;
  client.exchange = nullptr;
  if (!judgement.right) {
    ++measured_.errors[fmt::format("{} {}", answer.status, answer.body.substr(0, 60))];
  } else if (write && judgement.revision <= client.last_revision) {
    ++measured_.errors["a write was acknowledged with a revision that is not new"];
  } else if (measuring_) {
    latencies_.push_back(std::chrono::duration<double, std::micro>(now - client.sent).count());
  }
  client.last_revision = std::max(client.last_revision, judgement.revision);
  if (sending_) send_next(client);
}

void Round::fail(Client& client, const std::string& what) {
  ++measured_.errors[what];
  if (client.exchange != nullptr) --under_way_;
  connect(client);
  if (sending_) send_next(client);
}

void Round::turn() {
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
  for (int i = 0; i < count; ++i) receive(*static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr));
}

Measured Round::run() {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    clients_[i].port = load_.ports[i];
    connect(clients_[i]);
  }
  const auto start = Clock::now();
  for (Client& client : clients_) send_next(client);
  while (Clock::now() < start + load_.warm_up) turn();

  const auto cpu_before = own_cpu();
  const auto measured_from = Clock::now();
  measuring_ = true;
  while (Clock::now() < measured_from + load_.duration) turn();
  measuring_ = false;
  measured_.time = Clock::now() - measured_from;
  measured_.client_cpu = own_cpu() - cpu_before;

  sending_ = false;
  const auto give_up = Clock::now() + patience;
  while (under_way_ > 0 && Clock::now() < give_up) turn();
  if (under_way_ > 0) measured_.errors["no answer"] += under_way_;

  measured_.right = latencies_.size();
  measured_.p50 = std::chrono::duration<double, std::micro>(quantile(latencies_, 0.50));
  measured_.p99 = std::chrono::duration<double, std::micro>(quantile(latencies_, 0.99));
  measured_.max = std::chrono::duration<double, std::micro>(quantile(latencies_, 1.00));
  return measured_;
}

}  // namespace

Measured run(const Load& load) {
  return Round(load).run();
}

double quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  return values[std::max<std::size_t>(1, static_cast<std::size_t>(rank)) - 1];
}

}  // namespace raftd::bench
