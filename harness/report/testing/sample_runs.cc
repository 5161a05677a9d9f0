#include "harness/report/testing/sample_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace ordeal::harness {
namespace {

using checker::Event;
using checker::EventType;
using checker::Finding;
using checker::Value;
using checker::Verdict;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class Dice {
 public:
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  double fraction() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }

 private:
  std::mt19937_64 engine_{7};
};

struct Disturbance {
  nanoseconds from, to;
  double slowness;  // 1: as ever
  bool silent;      // nothing is answered
};

Event nemesis_event(nanoseconds time, const std::string& f, checker::Map value) {
  return {.time = time,
          .process = checker::nemesis_process,
          .type = EventType::info,
          .f = f,
          .key = {},
          .value = std::move(value),
          .node = "",
          .error = ""};
}

struct Kind {
  const char* f;
  const char* fault;
  const char* evidence;
};
constexpr Kind kinds[] = {{"partition", "partition halves", "dropped_packets"},
                          {"kill", "kill leader", "processes_killed"},
                          {"pause", "pause one", "processes_stopped"},
                          {"partition", "partition isolate-leader", "dropped_packets"},
                          {"stop", "stop one", "processes_ended"},
                          {"partition", "partition majorities-ring", "dropped_packets"}};

// One fault after the other, some overlapping; every seventh misses.
void add_faults(SampleRun& run, const SampleOptions& options, Dice& dice, std::vector<Disturbance>& disturbances) {
  const nanoseconds slot =
      nanoseconds(options.load) / static_cast<std::int64_t>(std::max<std::size_t>(options.faults, 1));
  for (std::size_t at = 0; at < options.faults; ++at) {
    const Kind& kind = kinds[at % std::size(kinds)];
    const bool effect = at % 7 != 5;
    const std::string node = fmt::format("n{}", 1 + dice.below(5));
    const auto begin = run.results.load_began + slot * static_cast<std::int64_t>(at) +
                       slot / 100 * static_cast<std::int64_t>(10 + dice.below(40));
    const auto end =
        std::min(begin + slot / 100 * static_cast<std::int64_t>(20 + dice.below(130)), run.results.load_ended);
    checker::Map value = {{"id", static_cast<std::int64_t>(at + 1)}, {"phase", "injected"}, {"fault", kind.fault}};
    if (std::string(kind.f) == "partition") {
      value.emplace_back("grudge", checker::Map{{"n1", checker::List{"n4", "n5"}},
                                                {"n2", checker::List{"n4", "n5"}},
                                                {"n3", checker::List{"n4", "n5"}},
                                                {"n4", checker::List{"n1", "n2", "n3"}},
                                                {"n5", checker::List{"n1", "n2", "n3"}}});
    } else {
      value.emplace_back("nodes", checker::List{node});
    }
    run.history.push_back(nemesis_event(begin, kind.f, value));
    value[1].second = "healed";
    value.emplace_back("effect", effect);
    value.emplace_back("evidence",
                       checker::Map{{kind.evidence, static_cast<std::int64_t>(effect ? 1 + dice.below(500) : 0)}});
    if (!effect) value.emplace_back("note", "the node was down already");
    run.history.push_back(nemesis_event(end, kind.f, value));
    if (std::string(kind.f) == "kill") {
      run.results.exits.push_back(
          {.node = node, .time = begin, .expected = true, .status = "signal 9", .last_lines = {}});
    }
    if (effect) disturbances.push_back({begin, begin + std::min<nanoseconds>(milliseconds(900), end - begin), 1, true});
    if (effect) disturbances.push_back({begin, end, kind.f[1] == 'a' ? 3.0 : 1.4, false});
  }
}

Value argument_of(const std::string& f, std::int64_t unique) {
  if (f == "read") return checker::Nil{};
  if (f == "cas") return checker::List{unique - 7, unique};
  return unique;
}

// What one client does from the beginning of the load to its end, and one read after that.
void add_client(SampleRun& run, std::size_t client, std::size_t operations, Dice& dice,
                const std::vector<Disturbance>& disturbances) {
  const nanoseconds load = run.results.load_ended - run.results.load_began;
  const auto pace = static_cast<double>(load.count()) / static_cast<double>(std::max<std::size_t>(operations, 1));
  auto process = static_cast<checker::Process>(client);
  nanoseconds now = run.results.load_began;
  std::vector<Disturbance> active;
  auto next = disturbances.begin();
  for (std::size_t at = 0; at < operations && now < run.results.load_ended; ++at) {
    const std::uint64_t die = dice.below(10);
    const std::string f = die < 5 ? "read" : die < 9 ? "write" : "cas";
    const auto unique = static_cast<std::int64_t>(1 + at * 10 + client);
    double latency_us = 400 * std::exp(1.1 * (dice.fraction() + dice.fraction() + dice.fraction()));
    bool silent = false;
    for (; next != disturbances.end() && next->from <= now; ++next) active.push_back(*next);
    std::erase_if(active, [&](const Disturbance& disturbance) { return disturbance.to <= now; });
    for (const Disturbance& disturbance : active) {
      silent = silent || disturbance.silent;
      latency_us *= disturbance.slowness * (1 + dice.fraction() * 4);
    }
    EventType type = EventType::ok;
    std::string error;
    if (silent && dice.below(3) != 0) {
      type = f == "read" || dice.below(3) == 0 ? EventType::fail : EventType::info;
      error = type == EventType::fail ? (f == "read" ? "timeout" : "connection refused") : "timeout";
      latency_us = error == "timeout" ? 500'000 : 300;
    } else if (silent) {
      latency_us += 700'000 * dice.fraction();
    } else if (f == "cas" && dice.below(3) == 0) {
      type = EventType::fail;
      error = "mismatch";
    }
    const std::string node = fmt::format("n{}", 1 + client % 5), key = std::to_string(at / 60);
    const Value argument = argument_of(f, unique);
    run.history.push_back({.time = now,
                           .process = process,
                           .type = EventType::invoke,
                           .f = f,
                           .key = key,
                           .value = argument,
                           .node = node,
                           .error = ""});
    now += microseconds(static_cast<std::int64_t>(latency_us));
    const Value result = f == "read" && type == EventType::ok ? Value(unique - 3) : argument;
    run.history.push_back({.time = now,
                           .process = process,
                           .type = type,
                           .f = f,
                           .key = key,
                           .value = result,
                           .node = node,
                           .error = error});
    if (type == EventType::info) process += 10;
    now += nanoseconds(static_cast<std::int64_t>(std::max(0.0, pace - latency_us * 1e3)));
  }
}

Finding liveness(const SampleOptions& options) {
  if (options.verdict != Verdict::unavailable) {
    return {.check = "liveness",
            .verdict = Verdict::valid,
            .summary = "Every node served a linearizable read within 1.2 s of the healing.",
            .details = {},
            .witness = {}};
  }
  return {.check = "liveness",
          .verdict = Verdict::unavailable,
          .summary = "n4 served no linearizable read within 20 s after everything was healed.",
          .details = {"n4 answered 503 {\"code\":\"no-leader\"} to each of 97 reads.",
                      "n1, n2, n3 and n5 served one after 1.1 s at the latest."},
          .witness = {}};
}

Finding linearizable(const SampleOptions& options) {
  if (options.verdict == Verdict::invalid) {
    return {.check = "linearizable",
            .verdict = Verdict::invalid,
            .summary = "Key 7: process 3 read 38, which had been overwritten before the read began.",
            .details = {},
            .witness = sample_witness()};
  }
  if (options.verdict == Verdict::unknown) {
    return {.check = "linearizable",
            .verdict = Verdict::unknown,
            .summary = "The search on key 12 held 4.0 GiB, its bound, and came to no answer.",
            .details = {"610 of 611 keys were decided, all of them linearizable.",
                        "Raise check.memory, or lower operations-per-key in the plan."},
            .witness = {}};
  }
  return {.check = "linearizable",
          .verdict = Verdict::valid,
          .summary = "All 611 keys are linearizable.",
          .details = {},
          .witness = {}};
}

}  // namespace

checker::Witness sample_witness() {
  std::uint64_t index = 48'210;
  const auto event = [&](std::int64_t at_us, checker::Process process, EventType type, const char* f, Value value,
                         const char* node, const char* error = "") {
    return Event{.index = index++,
                 .time = seconds(12) + microseconds(at_us),
                 .process = process,
                 .type = type,
                 .f = f,
                 .key = "7",
                 .value = std::move(value),
                 .node = node,
                 .error = error};
  };
  checker::Witness witness;
  witness.key = "7";
  witness.operations = {event(41'060, 1, EventType::invoke, "write", 38, "n2"),
                        event(42'300, 1, EventType::ok, "write", 38, "n2"),
                        event(43'010, 16, EventType::invoke, "write", 40, "n1"),
                        event(44'100, 2, EventType::invoke, "cas", checker::List{38, 41}, "n3"),
                        event(45'930, 2, EventType::ok, "cas", checker::List{38, 41}, "n3"),
                        event(46'400, 5, EventType::invoke, "read", checker::Nil{}, "n3"),
                        event(47'120, 5, EventType::ok, "read", 41, "n3"),
                        event(49'000, 3, EventType::invoke, "read", checker::Nil{}, "n4"),
                        event(49'870, 3, EventType::ok, "read", 38, "n4")};
  witness.call = witness.operations[7];
  witness.completion = witness.operations[8];
  witness.last_states = {
      "The value was 41: process 5 had read 41, and nothing has written 38 again since. A read of 38 is impossible.",
      "The value was 40, if the write of process 16, whose fate is unknown, took effect after that. A read of 38 is "
      "impossible there too."};
  witness.states = {{.state = "the value could be 41", .pending = "", .why_not = "reading 38 is refused"}};
  witness.prefix_operations = 5;
  witness.operations_in_all = 5;
  witness.order = {48'210, 48'213, 48'215};
  witness.blocks = {.one = "38", .other = "41", .operations = {48'210, 48'213, 48'217}, .sentence = "38 came first."};
  witness.confirmed = true;
  witness.explanation =
      "Process 3 asked n4 for key 7 and was told 38. But 38 had been replaced by 41 (the cas of process 2, confirmed "
      "3.1 ms "
      "before this read began), and process 5 had already seen 41. No order of these operations that respects who "
      "finished before whom lets this read return 38: it is a stale read.";
  return witness;
}

SampleRun sample_run(const SampleOptions& options) {
  SampleRun run;
  Dice dice;
  Results& results = run.results;
  results.plan = "quickstart";
  results.target = "raftd";
  results.seed = 7;
  results.started = "2026-03-14T02:00:00Z";
  results.load_began = milliseconds(1'400);
  results.load_ended = results.load_began + options.load;
  results.ended = results.load_ended + milliseconds(4'200);
  results.repeat_command = "ordeal run configs/quickstart.yaml --seed 7 --set nodes=5";
  std::vector<Disturbance> disturbances;
  add_faults(run, options, dice, disturbances);
  for (std::size_t client = 0; client < 10; ++client) {
    add_client(run, client, options.operations / 10, dice, disturbances);
  }
  std::stable_sort(run.history.begin(), run.history.end(),
                   [](const Event& a, const Event& b) { return a.time < b.time; });
  for (std::size_t at = 0; at < run.history.size(); ++at) run.history[at].index = at;
  count_history(run.history, results);
  if (options.verdict == Verdict::unavailable) {
    results.exits.push_back({.node = "n4",
                             .time = seconds(31),
                             .expected = false,
                             .status = "signal 6",
                             .last_lines = {"n4 term 9: became follower of n2",
                                            "raft/log.cc:212: Assertion `index <= last_index()' failed."}});
  }
  results.verdict = options.verdict;
  results.findings = {linearizable(options),
                      liveness(options),
                      {.check = "log-alarms",
                       .verdict = Verdict::valid,
                       .summary = "No node wrote an alarming line.",
                       .details = {},
                       .witness = {}}};
  if (options.verdict == Verdict::not_exercised) {
    results.findings.insert(results.findings.begin(),
                            {.check = "exercised",
                             .verdict = Verdict::not_exercised,
                             .summary = "Only 40 operations returned ok, and no fault had effect.",
                             .details = {"Let it run longer, or ask for faults in the plan's nemesis."},
                             .witness = {}});
  }
  run.links.plan_yaml =
      "name: quickstart\ntarget: raftd\nnodes: 5\nduration: 60s\nseed: 7\nclients: 10\nrate: 0\n"
      "workload: {name: register, keys: 5, operations-per-key: 300, read: linearizable}\n";
  return run;
}

}  // namespace ordeal::harness
