// What a swarm leaves open in a plan (`faults: swarm`), drawn from the plan's seed; and the knobs of a target. Any
// thread.

#pragma once

#include "harness/config/plan.h"
#include "harness/config/target.h"

namespace ordeal::harness {

// Of a plan with `faults: swarm`: draws the faults, of those that the target's file says how to make, and a choice for
// every knob of the target that the plan does not set. Any other plan stays as it is. The plan must have its seed.
void draw_swarm(Plan& plan, const Target& target);

// The target as the plan's knobs make it: the words of each choice are added to its command. Throws ConfigError for a
// knob or choice that the target's file does not have.
Target with_knobs(Target target, const Plan& plan, const std::string& plan_file);

}  // namespace ordeal::harness
