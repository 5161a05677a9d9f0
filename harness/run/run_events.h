// What the harness itself writes into the history, so that a run folder can be judged again from its history alone.
// All are events of the process "nemesis" of type info; the checker skips them. Pure; any thread.
//
//   f "stage"     value {"name":"load-began"}: where the run stands; "run-began" also says seed, start and command
//                 "violation" also says check, summary, and whether it ended the load
//   f "frozen"    value {"node":"n1","folder":"nodes/n1/frozen","files":12,...}: copies made at a violation
//   f "exit"      value {"node":"n2","expected":false,"status":"signal 6","last_lines":["..."]}
//   f "step"      value {"line":12,"text":"await: {leader: L}","result":"passed","verdict":"valid","detail":"L is n2"}:
//   a
//                 step of a scenario that was played
//   f "recovery"  value {"node":"n2","recovered":true,"after_ns":812000000,"attempts":3,"last_error":"timeout"}
//   f kill, stop, pause, partition, packets...: the faults, as described in harness/report/results.h

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "checker/event.h"
#include "harness/report/results.h"
#include "harness/run/recovery.h"
#include "nemesis/inject/injector.h"

namespace ordeal::harness {

namespace stage {
inline constexpr std::string_view run_began = "run-began";
inline constexpr std::string_view load_began = "load-began";
inline constexpr std::string_view load_ended = "load-ended";
inline constexpr std::string_view healed = "healed";
inline constexpr std::string_view interrupted = "interrupted";  // by a signal: the load was cut short
inline constexpr std::string_view violation = "violation";      // the online check saw one
inline constexpr std::string_view frozen = "frozen";            // all nodes were stopped, to copy what they hold
inline constexpr std::string_view thawed = "thawed";            // they go on
inline constexpr std::string_view ended = "ended";              // recovery and final reads are done
}  // namespace stage

struct RunBegan {
  std::uint64_t seed = 0;
  std::string started;  // UTC, ISO 8601
  std::string command;  // that repeats the run
};

enum class StepResult : std::uint8_t { passed, failed, skipped };

// One step of a scenario (harness/scenario).
struct PlayedStep {
  int line = 0;  // of the scenario's file; 0: the harness itself, after the last one
  std::string text;
  StepResult result = StepResult::passed;
  checker::Verdict verdict = checker::Verdict::valid;  // of a failed one
  std::string detail;                                  // what was seen
  bool operator==(const PlayedStep&) const = default;
};

// What a fault corrupt-file did.
struct DamagedFiles {
  nemesis::Nodes nodes;   // at which it was aimed: one of them at least holds a damaged file
  bool majority = false;  // by now so many hold one that a loss is the target's right
  bool wiped = false;     // nothing was left of the folder of one: the same
  std::string note;
};

checker::Event stage_event(std::string_view name);
checker::Event run_began_event(const RunBegan& began);
checker::Event violation_event(const SeenViolation& seen);  // its time is the recorder's to say
checker::Event frozen_event(const FrozenNode& node);
checker::Event exit_event(const NodeExit& exit);
checker::Event recovery_event(const NodeRecovery& recovery);
checker::Event step_event(const PlayedStep& step);
// phase: "injected" or "healed"
checker::Event fault_event(const nemesis::ScheduledFault& fault, std::string_view phase, const nemesis::Aim& aim,
                           const nemesis::Evidence& evidence);

std::optional<std::string> stage_of(const checker::Event& event);
std::optional<RunBegan> run_began_of(const checker::Event& event);
std::optional<SeenViolation> violation_of(const checker::Event& event);
std::optional<FrozenNode> frozen_of(const checker::Event& event);
std::optional<NodeExit> exit_of(const checker::Event& event);
std::optional<DamagedFiles> damaged_files_of(const checker::Event& event);
std::optional<NodeRecovery> recovery_of(const checker::Event& event);
std::optional<PlayedStep> step_of(const checker::Event& event);

}  // namespace ordeal::harness
