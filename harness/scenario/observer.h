// Asks nodes what a scenario wants to know. Answers are awaited on the calling thread. One thread.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "harness/cluster/node_processes.h"
#include "harness/config/target.h"
#include "harness/run/recorder.h"
#include "harness/scenario/condition.h"

namespace ordeal::harness {

class Observer {
 public:
  // All must outlive it.
  Observer(const Target& target, const NodeProcesses& cluster, const Recorder& clock)
      : target_(target), cluster_(cluster), clock_(clock) {}

  // All nodes at once. A node that is silent delays the answer by half a second.
  std::map<std::string, NodeView> look(const std::set<std::string>& nodes, bool status, bool metrics) const;

  // The node that says so with the largest term, of those that run, without `except`; nullopt: none does.
  std::optional<std::string> leader(const std::set<std::string>& except) const;

 private:
  const Target& target_;
  const NodeProcesses& cluster_;
  const Recorder& clock_;
};

// The fields of a status that are numbers, texts, true, false or null; the other ones are left out. nullopt: it is
// none. Pure.
std::optional<std::map<std::string, Quantity>> status_fields(std::string_view body);
// The metrics of a text in Prometheus' format, summed over their labels and rounded down. Pure.
std::map<std::string, std::int64_t> metric_sums(std::string_view body);

}  // namespace ordeal::harness
