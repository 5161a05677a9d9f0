// Plays a schedule of faults on a cluster: aims each fault when its time comes, injects it, heals it, and records both
// with what was observed. Owns one thread. The functions may be called from any thread.
//
// A fault that must hit the leader waits for one, up to half of its time; when nobody leads it is recorded without
// effect, never silently dropped. So is one that waits for an event which does not come. Every fault that was injected
// is healed, whatever happens in between.

#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/run/recorder.h"
#include "nemesis/inject/cluster.h"
#include "nemesis/inject/injector.h"
#include "nemesis/inject/membership_injector.h"
#include "nemesis/plan/fault.h"

namespace ordeal::harness {

struct Injectors {
  std::unique_ptr<nemesis::Injector> processes;            // Kill, Stop, Pause, Starve
  std::unique_ptr<nemesis::Injector> links;                // Partition
  std::unique_ptr<nemesis::Injector> clocks{};             // ClockChange
  std::unique_ptr<nemesis::Injector> transfers{};          // Transfer
  std::unique_ptr<nemesis::MembershipInjector> members{};  // Membership
  std::unique_ptr<nemesis::Injector> disks{};              // those of disks; uses `processes`
  std::unique_ptr<nemesis::Injector> packets{};            // Packets
  std::unique_ptr<nemesis::Injector> crash_loops{};        // CrashLoop; uses `processes`
  std::unique_ptr<nemesis::Injector> upgrades{};           // Upgrade; uses `processes`
};

Injectors make_injectors(nemesis::Cluster& cluster, nemesis::Control& control,
                         const std::vector<nemesis::CorruptibleFiles>& corruptible);

class StatusPoller;

class NemesisPlayer {
 public:
  // `statuses`: for faults that wait until a node is behind; must outlive it. `say` gets one line for each injection
  // and healing, from the player's thread.
  NemesisPlayer(nemesis::Schedule schedule, nemesis::Cluster& cluster, Injectors injectors, Recorder& recorder,
                std::function<void(const std::string&)> say, const StatusPoller* statuses = nullptr);
  ~NemesisPlayer();  // finishes
  NemesisPlayer(const NemesisPlayer&) = delete;
  NemesisPlayer& operator=(const NemesisPlayer&) = delete;

  void start();   // time 0 of the schedule is now
  void finish();  // injects nothing more, heals all that is active, joins

  // Stops all nodes (SIGSTOP to every process), calls `meanwhile` with what was seen of it, and lets them go on, also
  // when it throws. The schedule rests: nothing is injected or healed meanwhile, and who was paused stays paused.
  void freeze_all(const std::function<void(const nemesis::Evidence& stopped)>& meanwhile);

  std::vector<std::string> active() const;  // "partition halves", "kill leader (n2)"
  // Why the nemesis gave up: the machine refused a mechanism. A harness failure, never the target's.
  std::exception_ptr failure() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ordeal::harness
