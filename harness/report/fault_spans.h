// The faults of a run as spans of time, read from the nemesis' events of its history. Pure; any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/event.h"

namespace ordeal::harness {

struct FaultSpan {
  std::int64_t id = 0;
  std::string kind;    // the event's f: "partition"
  std::string fault;   // "partition halves", "kill leader"
  std::string struck;  // "n2, n3", or of a grudge "n1 ⊘ n2 n3; n2 ⊘ n1" (n1 hears neither n2 nor n3)
  std::chrono::nanoseconds injected{0};
  std::optional<std::chrono::nanoseconds> healed;  // nullopt: the history ends before
  bool effect = false;                             // observed
  std::string evidence;                            // "dropped_packets 112"
  std::string note;
};

// In the order of injection. What the healed event says outranks what the injected one said. Nemesis events of another
// shape (Jepsen's own, say) are left out.
std::vector<FaultSpan> fault_spans(const checker::History& history);

}  // namespace ordeal::harness
