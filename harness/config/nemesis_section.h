// The `nemesis` section of a plan. Any thread.

#pragma once

#include "harness/config/reader.h"
#include "nemesis/plan/schedule.h"

namespace ordeal::harness {

// What faults must fit into, as the plan says it.
struct Room {
  std::chrono::nanoseconds duration{0};
  int nodes = 0;
  int spares = 0;
};
nemesis::NemesisSpec read_nemesis(const Setting& setting, const Room& room);

// "n1", "n2", ... up to `nodes`.
std::vector<nemesis::Node> node_names(int nodes);

// The node that `setting` names; refuses one that the plan does not have.
nemesis::Node node_of(const Setting& setting, int nodes);

// The section again, as lines indented below `nemesis:`.
std::string nemesis_yaml(const nemesis::NemesisSpec& spec);

// 1s..8s; 3s when both ends are the same.
std::string range_text(const nemesis::DurationRange& range);

}  // namespace ordeal::harness
