#include "harness/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "harness/report/quantities.h"

namespace ordeal::harness {

namespace {

using std::chrono::nanoseconds;

struct Gap {
  nanoseconds from{0}, to{0};
};

std::vector<Gap> gaps_between(const std::vector<nanoseconds>& ok, nanoseconds began, nanoseconds ended) {
  std::vector<Gap> gaps;
  nanoseconds last = began;
  for (const nanoseconds time : ok) {
    if (time < began || time > ended) continue;
    gaps.push_back({last, time});
    last = time;
  }
  gaps.push_back({last, std::max(last, ended)});
  return gaps;
}

std::vector<std::string> targets_of(const std::vector<ComparedRun>& runs) {
  std::vector<std::string> targets;
  for (const ComparedRun& run : runs) {
    if (std::ranges::find(targets, run.target) == targets.end()) targets.push_back(run.target);
  }
  return targets;
}

// The longest of all runs of the target; "-": the fault was never injected there.
std::string stall_text(const std::vector<ComparedRun>& runs, const std::string& target, const std::string& fault) {
  std::string text = "-";
  nanoseconds longest{-1};
  for (const ComparedRun& run : runs) {
    const auto found = run.stalls.find(fault);
    if (run.target != target || found == run.stalls.end() || found->second <= longest) continue;
    longest = found->second;
    text = duration_text(longest);
  }
  return text;
}

std::string stall_table(const std::vector<ComparedRun>& runs) {
  std::set<std::string> faults;
  for (const ComparedRun& run : runs) {
    for (const auto& stall : run.stalls) faults.insert(stall.first);
  }
  if (faults.empty()) return "";
  const std::vector<std::string> targets = targets_of(runs);
  std::string text = fmt::format("\n{:<34}", "longest without an answer, under");
  for (const std::string& target : targets) text += fmt::format(" {:>14}", target);
  text += '\n';
  for (const std::string& fault : faults) {
    text += fmt::format("  {:<32}", fault);
    for (const std::string& target : targets) text += fmt::format(" {:>14}", stall_text(runs, target, fault));
    text += '\n';
  }
  return text;
}

}  // namespace

Stalls longest_stalls(const std::vector<nanoseconds>& ok, const std::vector<FaultSpan>& spans, nanoseconds began,
                      nanoseconds ended) {
  const std::vector<Gap> gaps = gaps_between(ok, began, ended);
  Stalls stalls;
  for (const FaultSpan& span : spans) {
    nanoseconds& longest = stalls[span.fault];
    const nanoseconds healed = span.healed.value_or(ended);
    // The gaps follow one another, so those that touch the span begin with the first that ends in it.
    auto gap = std::ranges::lower_bound(gaps, span.injected, {}, &Gap::to);
    for (; gap != gaps.end() && gap->from <= healed; ++gap) longest = std::max(longest, gap->to - gap->from);
  }
  return stalls;
}

std::string to_table(const std::vector<ComparedRun>& runs) {
  std::string text = fmt::format("{:<16} {:>20}  {:<15} {:>10} {:>9} {:>9} {:>9} {:>12}\n", "target", "seed", "verdict",
                                 "ok/s", "p50", "p99", "max", "no progress");
  for (const ComparedRun& run : runs) {
    text += fmt::format("{:<16} {:>20}  {:<15} {:>10.0f} {:>9} {:>9} {:>9} {:>12}\n", run.target, run.seed, run.verdict,
                        run.ok_per_second, duration_text(run.latencies.p50), duration_text(run.latencies.p99),
                        duration_text(run.latencies.max), duration_text(run.longest_stall));
  }
  text += stall_table(runs);
  for (const ComparedRun& run : runs) {
    if (run.folder.empty() && run.why.empty()) continue;
    text += fmt::format("\n{}, seed {}", run.target, run.seed);
    for (const std::string& line : {run.folder, run.why}) {
      if (!line.empty()) text += "\n  " + line;
    }
  }
  return text + '\n';
}

std::string to_json(const std::vector<ComparedRun>& runs) {
  boost::json::array list;
  for (const ComparedRun& run : runs) {
    boost::json::object stalls;
    for (const auto& [fault, stall] : run.stalls) stalls[fault] = stall.count();
    list.push_back({{"target", run.target},
                    {"seed", run.seed},
                    {"verdict", run.verdict},
                    {"why", run.why},
                    {"ok_per_second", run.ok_per_second},
                    {"p50_ns", run.latencies.p50.count()},
                    {"p99_ns", run.latencies.p99.count()},
                    {"max_ns", run.latencies.max.count()},
                    {"longest_stall_ns", run.longest_stall.count()},
                    {"stalls_ns", std::move(stalls)},
                    {"folder", run.folder}});
  }
  return boost::json::serialize(list);
}

}  // namespace ordeal::harness
