// What became of the steps of a scenario. Pure; any thread.

#pragma once

#include <string>
#include <vector>

#include "checker/event.h"
#include "checker/verdict.h"
#include "harness/run/run_events.h"
#include "harness/scenario/condition.h"
#include "harness/scenario/scenario.h"

namespace ordeal::harness {

struct StepOutcome {
  StepResult result = StepResult::passed;
  checker::Verdict verdict = checker::Verdict::valid;  // with failed: what that says of the target
  std::string detail{};                                // what was seen, or why it was skipped
};

StepOutcome passed(std::string detail);
StepOutcome skipped(std::string why);
StepOutcome failed(checker::Verdict verdict, std::string why);

// An operation that returned. Another answer than expected is a violation; none where one was expected is a lack of
// progress.
StepOutcome judge_return(const Expectation& expectation, const checker::Event& completion);
// What a condition came to that must hold now.
StepOutcome judge_assertion(const Judged& judged);
// What a condition came to that was waited for until its time was over.
StepOutcome judge_waiting(const Judged& judged, std::chrono::nanoseconds within);

}  // namespace ordeal::harness
