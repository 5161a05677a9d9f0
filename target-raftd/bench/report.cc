#include "target-raftd/bench/report.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace raftd::bench {
namespace {

// The row of the other system with the same work; nullptr: it was not measured.
const Row* counterpart(const Report& report, const Row& row) {
  for (const Row& other : report.rows) {
    if (other.system != row.system && other.operation == row.operation && other.clients == row.clients) return &other;
  }
  return nullptr;
}

// How many times better `row` is than `other`: more per second, less time.
std::string ratios(const Row& row, const Row& other) {
  const auto times = [](double more, double less) { return less > 0 ? more / less : 0.0; };
  return fmt::format("{:5.2f}x {:5.2f}x {:5.2f}x", times(row.per_second, other.per_second),
                     times(other.p50_us, row.p50_us), times(other.p99_us, row.p99_us));
}

std::string line(const Report& report, const Row& row) {
  const auto ceiling = report.ceilings.find(row.clients);
  std::string text = fmt::format("{:6} {:7} {:6} {:9.0f} {:>15} {:8.3f} {:8.3f} {:11.1f} {:10.1f} {:5.2f} {:6.0f}%",
                                 to_string(row.operation), row.clients, to_string(row.system), row.per_second,
                                 fmt::format("{:.0f}-{:.0f}", row.slowest_round, row.fastest_round), row.p50_us / 1000,
                                 row.p99_us / 1000, row.server_cpu_us, row.client_cpu_us, row.idle_cores,
                                 ceiling == report.ceilings.end() ? 0.0 : 100 * row.per_second / ceiling->second);
  const Row* other = row.system == System::raftd ? counterpart(report, row) : nullptr;
  if (other != nullptr) text += " | " + ratios(row, *other);
  return text + "\n";
}

std::string speed_table(const Report& report) {
  const Flags& flags = report.flags;
  std::string text = fmt::format(
      "Clients connect to {}; {} keys, {}-byte values; medians of {} rounds of {} ms, after {} ms each.\n"
      "CPU: microseconds per operation. Idle: cores that the other system used meanwhile. Ceiling: share of the "
      "client's.\n"
      "The last three columns: how many times better raftd is than etcd.\n\n",
      flags.mode == Mode::leader ? "the leader" : "all servers evenly", flags.keys, flags.value_bytes, flags.rounds,
      flags.duration.count(), flags.warm_up.count());
  text += fmt::format("{:6} {:>7} {:6} {:>9} {:>15} {:>8} {:>8} {:>11} {:>10} {:>5} {:>7} | {:>6} {:>6} {:>6}\n", "",
                      "clients", "system", "per s", "slowest-fastest", "p50 ms", "p99 ms", "CPU servers", "CPU client",
                      "idle", "ceiling", "per s", "p50", "p99");
  for (const Row& row : report.rows) text += line(report, row);
  for (const auto& [clients, rate] : report.ceilings) {
    text += fmt::format("Ceiling of the client, against a server that does nothing, with {} clients: {:.0f}/s\n",
                        clients, rate);
  }
  for (const Row& row : report.rows) {
    for (const auto& [what, count] : row.errors) {
      text += fmt::format("ERRORS {} {} with {} clients: {} x {}\n", to_string(row.system), to_string(row.operation),
                          row.clients, count, what);
    }
  }
  return text;
}

struct Spread {
  double median = 0;
  double p90 = 0;
  double max = 0;
};

Spread spread_of(const std::vector<Milliseconds>& times) {
  std::vector<double> values;
  for (const Milliseconds time : times) values.push_back(time.count());
  return {quantile(values, 0.5), quantile(values, 0.9), quantile(values, 1.0)};
}

boost::json::object object_of(const Row& row) {
  boost::json::object errors;
  for (const auto& [what, count] : row.errors) errors[what] = count;
  return {{"system", to_string(row.system)},
          {"operation", to_string(row.operation)},
          {"clients", row.clients},
          {"per_second", row.per_second},
          {"slowest_round", row.slowest_round},
          {"fastest_round", row.fastest_round},
          {"p50_us", row.p50_us},
          {"p99_us", row.p99_us},
          {"server_cpu_us", row.server_cpu_us},
          {"client_cpu_us", row.client_cpu_us},
          {"idle_cores", row.idle_cores},
          {"errors", std::move(errors)}};
}

}  // namespace

std::string table(const Report& report) {
  std::string text = fmt::format("Load average of this machine at the start: {:.1f} on {} cores.\n",
                                 report.load_average, report.cores);
  if (!report.rows.empty()) text += speed_table(report);
  for (const auto& [system, times] : report.failovers) {
    const Spread spread = spread_of(times);
    text += fmt::format(
        "failover of {}: {} leaders killed; next acknowledged write after median {:.0f} ms, p90 {:.0f} ms, max {:.0f} "
        "ms\n",
        to_string(system), times.size(), spread.median, spread.p90, spread.max);
  }
  return text;
}

std::string json(const Report& report) {
  boost::json::array rows;
  for (const Row& row : report.rows) rows.push_back(object_of(row));
  boost::json::object ceilings;
  for (const auto& [clients, rate] : report.ceilings) ceilings[fmt::format("{}", clients)] = rate;
  boost::json::object failovers;
  for (const auto& [system, times] : report.failovers) {
    boost::json::array each;
    for (const Milliseconds time : times) each.push_back(time.count());
    const Spread spread = spread_of(times);
    failovers[to_string(system)] = {
        {"median_ms", spread.median}, {"p90_ms", spread.p90}, {"max_ms", spread.max}, {"ms", std::move(each)}};
  }
  const boost::json::object all = {{"mode", report.flags.mode == Mode::leader ? "leader" : "spread"},
                                   {"load_average", report.load_average},
                                   {"cores", report.cores},
                                   {"value_bytes", report.flags.value_bytes},
                                   {"rounds", report.flags.rounds},
                                   {"round_ms", report.flags.duration.count()},
                                   {"rows", std::move(rows)},
                                   {"ceilings", std::move(ceilings)},
                                   {"failovers", std::move(failovers)}};
  return boost::json::serialize(all) + "\n";
}

}  // namespace raftd::bench
