// The `nemesis` section of a plan. Any thread.

#pragma once

#include "harness/config/reader.h"
#include "nemesis/plan/schedule.h"

namespace ordeal::harness {

// `duration` and `nodes` are those of the plan: every fault must fit into them.
nemesis::NemesisSpec read_nemesis(const Setting& setting, std::chrono::nanoseconds duration, int nodes);

// "n1", "n2", ... up to `nodes`.
std::vector<nemesis::Node> node_names(int nodes);

// The node that `setting` names; refuses one that the plan does not have.
nemesis::Node node_of(const Setting& setting, int nodes);

// The section again, as lines indented below `nemesis:`.
std::string nemesis_yaml(const nemesis::NemesisSpec& spec);

// 1s..8s; 3s when both ends are the same.
std::string range_text(const nemesis::DurationRange& range);

}  // namespace ordeal::harness
