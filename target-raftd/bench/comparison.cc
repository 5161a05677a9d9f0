#include "target-raftd/bench/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "target-raftd/bench/connection.h"

namespace raftd::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Requests {
  std::vector<Exchange> writes;
  std::vector<Exchange> reads;

  const std::vector<Exchange>& of(Operation operation) const { return operation == Operation::write ? writes : reads; }
};

// The same keys and values for all systems. Each key has a value of its own, so a read that returns that of another key
// is found out.
Requests requests_for(System system, const Flags& flags) {
  Requests requests;
  for (std::size_t i = 0; i < flags.keys; ++i) {
    const std::string key = fmt::format("key-{:06}", i);
    std::string value = fmt::format("{:06}-", i);
    while (value.size() < flags.value_bytes) value += static_cast<char>('a' + (value.size() * 7 + i) % 26);
    value.resize(flags.value_bytes);
    requests.writes.push_back(write_of(system, key, value));
    requests.reads.push_back(read_of(system, key, value));
  }
  return requests;
}

// One write of every key, in order, before anything is read.
void fill(Cluster& cluster, const Requests& requests) {
  const std::size_t leader = cluster.wait_for_leader();
  for (const Exchange& exchange : requests.writes) {
    const auto answer = ask(cluster.client_port(leader), exchange.request, std::chrono::seconds(10));
    if (answer && judge(exchange, {.status = answer->status, .body = answer->body}).right) continue;
    throw std::runtime_error(fmt::format("{} did not take a first write: {}", to_string(cluster.system()),
                                         answer ? answer->body : "no answer"));
  }
}

std::vector<Port> ports_for(Cluster& cluster, const Flags& flags, std::size_t clients) {
  const std::size_t leader = cluster.wait_for_leader();
  std::vector<Port> ports;
  for (std::size_t i = 0; i < clients; ++i) {
    ports.push_back(cluster.client_port(flags.mode == Mode::leader ? leader : (leader + i) % cluster.size()));
  }
  return ports;
}

// The rounds of one row, until they are summed up.
struct Rounds {
  std::vector<double> per_second, p50, p99, server_cpu, client_cpu, idle_cores;
  std::map<std::string, std::uint64_t> errors;
};

double median(std::vector<double>& values) {
  return quantile(values, 0.5);
}

class Comparison {
 public:
  Comparison(std::vector<Cluster*> clusters, const Flags& flags) : clusters_(std::move(clusters)), flags_(flags) {
    for (Cluster* cluster : clusters_) {
      requests_.push_back(requests_for(cluster->system(), flags_));
      fill(*cluster, requests_.back());
    }
  }

  std::vector<Row> rows(Operation operation, std::size_t clients) {
    std::vector<Rounds> rounds(clusters_.size());
    for (std::size_t round = 0; round < flags_.rounds; ++round) {
      for (std::size_t i = 0; i < clusters_.size(); ++i) play(i, operation, clients, round, rounds[i]);
    }
    std::vector<Row> rows;
    for (std::size_t i = 0; i < clusters_.size(); ++i) {
      Rounds& all = rounds[i];
      const double typical = median(all.per_second);  // sorts them
      rows.push_back({.system = clusters_[i]->system(),
                      .operation = operation,
                      .clients = clients,
                      .per_second = typical,
                      .slowest_round = all.per_second.front(),
                      .fastest_round = all.per_second.back(),
                      .p50_us = median(all.p50),
                      .p99_us = median(all.p99),
                      .server_cpu_us = median(all.server_cpu),
                      .client_cpu_us = median(all.client_cpu),
                      .idle_cores = median(all.idle_cores),
                      .errors = all.errors});
    }
    return rows;
  }

 private:
  std::chrono::microseconds cpu_of_others(std::size_t index) const {
    std::chrono::microseconds sum{0};
    for (std::size_t i = 0; i < clusters_.size(); ++i)
      sum += i == index ? std::chrono::microseconds(0) : clusters_[i]->cpu();
    return sum;
  }

  void play(std::size_t index, Operation operation, std::size_t clients, std::size_t round, Rounds& into) {
    Cluster& cluster = *clusters_[index];
    const Load load{.ports = ports_for(cluster, flags_, clients),
                    .exchanges = requests_[index].of(operation),
                    .warm_up = flags_.warm_up,
                    .duration = flags_.duration,
                    .seed = round + 1};
    const std::optional<std::size_t> leader = cluster.leader();
    const auto started = Clock::now();
    const auto cpu = cluster.cpu();
    const auto others = cpu_of_others(index);
    const Measured measured = run(load);
    // The processor time of servers includes that of the warm-up: compare it with the operations of both.
    const std::chrono::duration<double, std::micro> took = Clock::now() - started;
    const double operations = std::max(1.0, measured.per_second() * took.count() / 1e6);
    cluster.check_all_run();
    into.per_second.push_back(measured.per_second());
    into.p50.push_back(measured.p50.count());
    into.p99.push_back(measured.p99.count());
    into.server_cpu.push_back(static_cast<double>((cluster.cpu() - cpu).count()) / operations);
    into.client_cpu.push_back(static_cast<double>(measured.client_cpu.count()) /
                              std::max(1.0, static_cast<double>(measured.right)));
    into.idle_cores.push_back(static_cast<double>((cpu_of_others(index) - others).count()) / took.count());
    for (const auto& [what, count] : measured.errors) into.errors[what] += count;
    if (cluster.leader() != leader) ++into.errors["the leader changed during a round"];
  }

  std::vector<Cluster*> clusters_;
  const Flags& flags_;
  std::vector<Requests> requests_;
};

}  // namespace

std::vector<Row> compare(std::vector<Cluster*> clusters, const Flags& flags,
                         const std::function<void(const std::string&)>& progress) {
  progress("filling");
  Comparison comparison(std::move(clusters), flags);
  std::vector<Row> all;
  for (const Operation operation : flags.operations) {
    for (const std::size_t clients : flags.clients) {
      progress(fmt::format("{}, {} clients", to_string(operation), clients));
      for (Row& row : comparison.rows(operation, clients)) all.push_back(std::move(row));
    }
  }
  return all;
}

}  // namespace raftd::bench
