// Plays the steps of a scenario on a running cluster, one after the other, and records what became of each. The first
// that fails ends it. One thread.

#pragma once

#include <functional>
#include <string>

#include "harness/cluster/node_processes.h"
#include "harness/cluster/target_control.h"
#include "harness/run/recorder.h"
#include "harness/scenario/callers.h"
#include "harness/scenario/faults.h"
#include "harness/scenario/observer.h"
#include "harness/scenario/outcome.h"
#include "harness/scenario/scenario.h"

namespace ordeal::harness {

class ScenarioPlayer {
 public:
  struct World {
    const Target& target;
    NodeProcesses& cluster;
    TargetControl& control;
    Recorder& recorder;
    std::function<void(const std::string&)> say;
    std::function<bool()> interrupted;  // asked while a step waits
  };
  explicit ScenarioPlayer(World world);

  void play(const Scenario& scenario);
  // Takes back whatever the steps left: drops, pauses, nodes that are down; then waits for the open operations.
  void finish();

  std::vector<std::string> keys() const { return callers_.keys(); }
  checker::Process next_process() const { return callers_.next_process(); }

 private:
  StepOutcome play(const Step& step);
  StepOutcome play_one(const Await& await);
  StepOutcome play_one(const Assert& assertion);
  StepOutcome play_one(const Note& note);
  StepOutcome play_one(const Report& report);
  StepOutcome play_one(const Invoke& invoke);
  StepOutcome play_one(const Send& send);
  StepOutcome play_one(const Answer& answer);
  StepOutcome play_one(const Drop& drop);
  StepOutcome play_one(const Delay& delay);
  StepOutcome play_one(const Ail& ail);
  StepOutcome play_one(const Heal& heal);
  StepOutcome play_one(const Act& act);
  StepOutcome play_one(const Member& member);
  StepOutcome play_one(const TransferTo& transfer);

  Judged look_for(const AwaitLeader& await);
  Judged look_for(const AwaitConditions& await);
  Judged look_for(const AwaitLine& await);
  void look(const Mentioned& mentioned);
  void send(const std::string& as, const Call& call);
  StepOutcome act_on(ProcessAction action, const std::string& node);

  nemesis::Reply ask_for(const Member& member, std::chrono::milliseconds within);

  std::string node(const std::string& name) const;
  std::set<std::string> nodes(const Names& names) const;
  void record(const PlayedStep& step);

  World world_;
  Observer observer_;
  ScenarioFaults faults_;
  Callers callers_;
  Known known_;
  std::set<std::string> removed_;  // nodes that are no members any more and go on running
};

}  // namespace ordeal::harness
