// The faults of a scenario, by the injectors of the nemesis, each recorded with what was observed. One thread.

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/run/recorder.h"
#include "harness/scenario/scenario.h"
#include "nemesis/inject/cluster.h"
#include "nemesis/inject/injector.h"

namespace ordeal::harness {

class ScenarioFaults {
 public:
  // Both must outlive it.
  ScenarioFaults(nemesis::Cluster& cluster, Recorder& recorder,
                 const std::vector<nemesis::CorruptibleFiles>& corruptible);

  // What was observed. Names are of nodes (n1, ...) or `clients`.
  nemesis::Evidence drop(const std::string& as, const nemesis::Grudge& grudge);
  // Each packet of the links (from `grudge`, as if it were dropped) comes so much later.
  nemesis::Evidence delay(const std::string& as, const nemesis::Grudge& links, std::chrono::nanoseconds by);
  // Of the power, a disk or a clock; the nodes must be watched, or their clocks under control (NodeProcesses).
  nemesis::Evidence ail(const std::string& as, const nemesis::Fault& fault, const nemesis::Nodes& nodes);
  nemesis::Evidence heal(const std::string& as);  // of any of these
  nemesis::Evidence kill(const nemesis::Node& node, bool politely);
  nemesis::Evidence start(const nemesis::Node& node);
  nemesis::Evidence pause(const nemesis::Node& node);
  nemesis::Evidence resume(const nemesis::Node& node);

  std::vector<std::string> to_heal() const;  // drops, delays and ailments, by name
  std::set<nemesis::Node> down() const;      // killed or stopped, and not started
  std::set<nemesis::Node> paused() const;

 private:
  struct Active {
    nemesis::ScheduledFault fault;
    nemesis::Aim aim;
    nemesis::Injector* by;
  };
  nemesis::Evidence inject(nemesis::Injector& injector, const nemesis::Fault& fault, nemesis::Aim aim,
                           std::map<std::string, Active>& into, const std::string& name);
  nemesis::Evidence undo(std::map<std::string, Active>& from, const std::string& name);

  Recorder& recorder_;
  std::unique_ptr<nemesis::Injector> links_, packets_, processes_, disks_, clocks_;
  std::uint64_t last_id_ = 0;
  std::map<std::string, Active> named_, down_, paused_;  // by their names, or those of the nodes
};

// Who drops whose packets, when none of `from` shall reach any of `to` (and, with `both`, the other way). Pure.
nemesis::Grudge grudge_of(const std::set<std::string>& from, const std::set<std::string>& to, bool both);

}  // namespace ordeal::harness
